// Three forms. Popularity is in every model file already, as the listeners. Neighbourhoods and SLIM are sparse rows of
// 8 bytes a weight. EASE keeps every weight of the items that take part, 4 bytes a pair: its rows are dense, and cut to
// a few they would be another model, which `--neighbors` makes at training, so that what is measured is what is kept.
#include "store/item_model_sections.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/checksum.h"
#include "segue/error.h"

namespace segue {
namespace {

void require(bool holds, const std::string& problem) {
  if (!holds) throw Error(ErrorCode::kInvalidArgument, problem, "give what training gave");
}

/// Of one row of dense weights.
std::span<const float> row_of(const EaseWeights& model, std::size_t row) {
  return model.weights.subspan(row * model.stride, model.included.size());
}

bool all_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

/// Sizes and places; the weights themselves are looked at by check_dense_values().
void check_dense_shape(const EaseWeights& model) {
  const std::size_t count = model.included.size();
  require(model.stride >= count && model.weights.size() >= count * std::size_t{model.stride},
          "weights of " + std::to_string(count) + " items have " + std::to_string(model.weights.size()) + " values");
  for (std::size_t p = 0; p < count; ++p) {
    require(model.included[p] < model.items && (p == 0 || model.included[p - 1] < model.included[p]),
            "the items that take part do not ascend below " + std::to_string(model.items));
  }
}

void check_dense_values(const EaseWeights& model) {
  for (std::size_t row = 0; row < model.included.size(); ++row) {
    require(all_finite(row_of(model, row)),
            "row " + std::to_string(row) + " of the weights has one that is not finite");
  }
}

}  // namespace

Holds holds_of(const ItemModel& model) {
  if (std::holds_alternative<Neighborhood>(model)) return Holds::kSparse;
  return std::holds_alternative<EaseWeights>(model) ? Holds::kDense : Holds::kListeners;
}

WeightingState weighting_of(const ItemModel& model, std::uint32_t items) {
  if (const auto* sparse = std::get_if<Neighborhood>(&model)) return sparse->weighting;
  WeightingState binary;
  binary.options.weighting = Weighting::kBinary;
  binary.items = items;
  return binary;
}

void add_item_model_sections(const ItemModel& model, std::vector<Section>& sections) {
  if (const auto* sparse = std::get_if<Neighborhood>(&model)) {
    sections.push_back(make_section(section::kWeightRowPtr, sparse->similar.row_ptr()));
    sections.push_back(make_section(section::kWeightColumns, sparse->similar.columns()));
    sections.push_back(make_section(section::kWeightValues, sparse->similar.values()));
  } else if (const auto* dense = std::get_if<EaseWeights>(&model)) {
    const std::size_t count = dense->included.size();
    sections.push_back(make_section(section::kIncluded, dense->included));
    sections.push_back(
        make_section(section::kDenseWeights, dense->weights.subspan(0, count * dense->stride), {count, dense->stride}));
  }
}

void check_item_model(const ItemModel& model, std::uint32_t items) {
  const auto of = [&](std::uint64_t count) {
    require(count == items,
            "a model of " + std::to_string(count) + " items does not fit plays of " + std::to_string(items));
  };
  if (const auto* counts = std::get_if<FittedPopularity>(&model)) {
    of(counts->counts.size());
  } else if (const auto* sparse = std::get_if<Neighborhood>(&model)) {
    of(sparse->similar.rows());
    of(sparse->similar.cols());
  } else {
    const auto& dense = std::get<EaseWeights>(model);
    of(dense.items);
    check_dense_shape(dense);
    check_dense_values(dense);
  }
}

std::uint64_t checksum_of(const ItemModel& model) {
  Checksum sum;
  const auto add = [&sum](const auto& values) { sum.add(std::as_bytes(std::span(values.data(), values.size()))); };
  if (const auto* counts = std::get_if<FittedPopularity>(&model)) {
    add(counts->counts);
  } else if (const auto* sparse = std::get_if<Neighborhood>(&model)) {
    add(sparse->similar.row_ptr());
    add(sparse->similar.columns());
    add(sparse->similar.values());
  } else {
    const auto& dense = std::get<EaseWeights>(model);
    add(dense.included);
    for (std::size_t row = 0; row < dense.included.size(); ++row) add(row_of(dense, row));
  }
  return sum.value();
}

ItemModel read_item_model(const Container& container, const ModelMetadata& metadata, WeightingState weighting,
                          const Array<std::uint32_t>& listeners, Checks& checks) {
  const auto items = static_cast<std::uint32_t>(listeners.size());
  if (metadata.holds == Holds::kListeners) return FittedPopularity{listeners};
  if (metadata.holds == Holds::kSparse) {
    CsrMatrix similar = make_or_damaged(container, section::kWeightColumns, [&] {
      const auto row_ptr = container.array<std::uint64_t>(section::kWeightRowPtr);
      require(row_ptr.size() == items + std::size_t{1}, "a row for each item");
      return CsrMatrix::create(items, row_ptr, container.array<std::uint32_t>(section::kWeightColumns),
                               container.array<float>(section::kWeightValues));
    });
    return Neighborhood{std::move(similar), std::move(weighting), metadata.binary_history};
  }
  EaseWeights dense;
  dense.items = items;
  dense.included = container.array<std::uint32_t>(section::kIncluded);
  dense.weights = container.array<float>(section::kDenseWeights, 2);
  const auto& shape = container.find(section::kDenseWeights)->shape;
  if (shape[0] != dense.included.size() || shape[1] > 0xFFFFFFFFULL) {
    container.damaged(section::kDenseWeights, "is not of the shape its items say");
  }
  dense.stride = static_cast<std::uint32_t>(shape[1]);
  make_or_damaged(container, section::kDenseWeights, [&] { check_dense_shape(dense); });
  checks.push_back(
      [&container, dense] { make_or_damaged(container, section::kDenseWeights, [&] { check_dense_values(dense); }); });
  return dense;
}

}  // namespace segue
