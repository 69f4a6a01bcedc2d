// segue index: indexes of vectors, in models and in files of their own.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "bulk.h"
#include "commands.h"
#include "console.h"
#include "data.h"
#include "indexed.h"
#include "options.h"
#include "segue/annoy.h"
#include "segue/error.h"
#include "segue/index_file.h"
#include "segue/output.h"
#include "segue/vectors.h"
#include "text.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSummary =
    "Build, ask and convert indexes of vectors\n"
    "Vectors come from a model (its items), an index file, or a file of another program: .npy, .fvecs or Annoy's .ann.";
constexpr const char* kExamples = R"(Examples:
  segue index build lastfm.segue --recall 0.99                into the model: similar items at once
  segue index build vectors.npy --index ivf -o vectors.index
  segue index build forest.ann --dimensions 40 -o exact.index
  segue index query vectors.index queries.fvecs -n 10 -o found.ivecs
  segue index info vectors.index)";

constexpr const char* kBuildSummary =
    "Build an index\n"
    "Of a model it is put into the model's file, with the exact one for recommendations beside it; of other vectors "
    "it is written with them to a file of its own.";
constexpr const char* kBuildExamples = R"(Examples:
  segue index build lastfm.segue --recall 0.99
  segue index build lastfm.segue --index annoy --trees 25 -o with-forest.segue
  segue index build vectors.fvecs --index ivf --metric cosine -o vectors.index
  segue index build forest.ann --dimensions 40 --index exact -o exact.index)";

constexpr const char* kQuerySummary =
    "Ask an index with vectors of a file\n"
    "Prints a list for each: TSV of row numbers and scores, or with -o an .npy or .ivecs file. A file without an index "
    "is searched exactly.";
constexpr const char* kQueryExamples = R"(Examples:
  segue index query vectors.index queries.npy -n 10
  segue index query vectors.index queries.fvecs -n 100 --truth groundtruth.ivecs -o found.ivecs
  segue index query lastfm.segue tastes.npy --metric inner-product)";

constexpr const char* kConvertSummary =
    "Write vectors in another format\n"
    "To .npy, .fvecs, or .ann: the forest of an index file of kind annoy, else a new one.";
constexpr const char* kConvertExamples = R"(Examples:
  segue index convert forest.ann vectors.npy --dimensions 40
  segue index convert lastfm.segue artists.fvecs
  segue index convert forest.index forest.ann)";

constexpr const char* kInfoSummary =
    "Say what vectors and indexes a file holds\n"
    "Their number, and for each index its kind, its parameters and how many of the true neighbors it finds.";
constexpr const char* kInfoExamples = R"(Examples:
  segue index info vectors.index
  segue index info lastfm.segue --json
  segue index info forest.ann --dimensions 40)";

/// What all four take: a file, and what an .ann file does not say.
struct Input {
  fs::path path;
  AnnFileOptions ann;
};

void add_input(CLI::App& app, Input& input, const std::string& name) {
  app.add_option(name, input.path, "A model, an index file, or vectors: .npy, .fvecs, .ann")->type_name("")->required();
  app.add_option("--dimensions", input.ann.vector_size, "Of .ann files: values of a vector, which they do not say")
      ->type_name("N")
      ->group("Files of Annoy");
  app.add_option_function<std::string>(
         "--ann-metric", [&input](const std::string& word) { input.ann.metric = annoy_metric(word); },
         "Of .ann files: what they were built for: angular, euclidean, manhattan, hamming, dot")
      ->type_name("NAME")
      ->default_str(std::string(name_of(input.ann.metric)))
      ->group("Files of Annoy");
}

/// --metric. @param left_out  what holds without it
void add_metric(CLI::App& app, Metric& metric, bool& given, const std::string& left_out) {
  app.add_option_function<std::string>(
         "--metric",
         [&metric, &given](const std::string& word) {
           metric = metric_of(word);
           given = true;
         },
         "What is nearest: cosine or inner-product; left out: " + left_out)
      ->type_name("NAME")
      ->group("Search");
}

bool is_ann(const Input& input) { return ending_of(input.path) == ".ann"; }

/// What is nearest where nothing was asked for: in the vectors of an .ann file, what its trees were built for.
/// @throws Error{kInvalidArgument} where segue does not search by that.
Metric metric_left_out(const Input& input) {
  if (!is_ann(input) || input.ann.metric == AnnoyMetric::kAngular) return Metric::kCosine;
  if (input.ann.metric == AnnoyMetric::kDot) return Metric::kInnerProduct;
  throw Error(ErrorCode::kInvalidArgument, {input.path.string()},
              fmt::format("is of the metric {}, and segue index searches by cosine or inner product",
                          name_of(input.ann.metric)),
              "say which: --metric cosine; or ask the forest itself: segue.AnnoyIndex in Python");
}

double since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct BuildArgs {
  Input input;
  fs::path output;
  Metric metric = Metric::kCosine;
  bool metric_given = false;
  IndexOptions index;
};

/// The model with an index by one metric; that by the other stays as it is.
Model with_index(Session& session, const Model& model, const BuildArgs& args) {
  std::vector<StoredIndex> indexes = model.indexes();
  std::erase_if(indexes, [&](const StoredIndex& stored) { return stored.metric == args.metric; });
  indexes.push_back(build_index(session, model.item_factors(), args.metric, args.index));
  return model.with_indexes(std::move(indexes));
}

void build(Session& session, const BuildArgs& args) {
  const bool is_model = is_segue_file(args.input.path) && read_layout(args.input.path).kind == "model";
  const auto begin = std::chrono::steady_clock::now();
  if (is_model) {
    const fs::path output = args.output.empty() ? args.input.path : args.output;
    std::error_code error;
    const bool in_place = fs::equivalent(output, args.input.path, error);
    require_writable(output, in_place ? fs::path() : args.input.path, "model");
    const FileStamp opened(args.input.path);
    const Model model = *open_indexed(session, args.input.path, args.input.ann).model;
    const Model indexed =
        args.metric_given ? with_index(session, model, args) : add_indexes(session, model, args.index);
    if (in_place) opened.require_same();
    indexed.save(output, session.run());
    say_written(session, output, since(begin));
    return;
  }
  const fs::path output = args.output.empty() ? default_output(args.input.path, ".index") : args.output;
  require_file(args.input.path);
  require_writable(output, args.input.path, "index");
  const Metric metric = args.metric_given ? args.metric : metric_left_out(args.input);
  Indexed file = open_indexed(session, args.input.path, args.input.ann);
  const StoredIndex stored = build_index(session, file.vectors, metric, args.index);
  IndexFile{file.vectors, stored, args.input.path.filename().string()}.save(output, session.run());
  say_written(session, output, since(begin));
}

struct QueryArgs {
  Input input;
  fs::path queries;
  fs::path truth;
  fs::path output;
  Metric metric = Metric::kCosine;
  bool metric_given = false;
  std::uint32_t top = 10;
};

/// The rows of a table from `first` on, sharing them.
Factors slice(const Factors& table, std::span<const std::uint32_t> rows) {
  const std::size_t stride = table.stride();
  return Factors::create(static_cast<std::uint32_t>(rows.size()), table.factors(),
                         Array<float>(table.values().subspan(rows.front() * stride, rows.size() * stride), nullptr));
}

/// True neighbors: a row a query, of `top` or more, that number vectors.
std::vector<std::vector<std::uint32_t>> read_truth(const fs::path& path, std::uint32_t queries, std::uint32_t vectors,
                                                   std::uint32_t top) {
  std::vector<std::vector<std::uint32_t>> truth = read_ivecs(path);
  if (truth.size() != queries) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()},
                fmt::format("has {} for {}", plural(truth.size(), "row"),
                            queries == 1 ? "1 query" : group_digits(queries) + " queries"),
                "give the true neighbors of these queries");
  }
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const auto beyond = std::ranges::find_if(truth[row], [&](std::uint32_t id) { return id >= vectors; });
    if (beyond == truth[row].end()) continue;
    throw Error(ErrorCode::kBadInput, {path.string()},
                fmt::format("row {} holds the number {}, and there are {}", row, static_cast<std::int32_t>(*beyond),
                            plural(vectors, "vector")),
                "give the numbers of the true neighbors, counted from 0, as .ivecs");
  }
  const auto narrow = std::ranges::find_if(truth, [&](const auto& row) { return row.size() < top; });
  if (narrow != truth.end()) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()},
                fmt::format("holds {} of query {}, and {} are asked for", plural(narrow->size(), "neighbor"),
                            narrow - truth.begin(), top),
                fmt::format("ask for as many as it holds: -n {}", std::max<std::size_t>(1, narrow->size())));
  }
  return truth;
}

void query(Session& session, const QueryArgs& args) {
  if (!args.output.empty()) require_lists_writable(args.output, {args.input.path, args.queries, args.truth});
  const Metric usual = args.metric_given ? args.metric : metric_left_out(args.input);
  const Indexed file = open_indexed(session, args.input.path, args.input.ann);
  const Indexed asking = open_indexed(session, args.queries, args.input.ann);
  if (asking.vectors.factors() != file.vectors.factors()) {
    throw Error(ErrorCode::kInvalidArgument, {args.queries.string()},
                fmt::format("holds vectors of {}, and those of {} have {}", plural(asking.vectors.factors(), "value"),
                            visible(args.input.path.string()), group_digits(file.vectors.factors())),
                "ask with vectors of the same space");
  }
  const Metric metric = args.metric_given || file.indexes.size() != 1 ? usual : file.indexes.front().metric;
  if (!file.indexes.empty() && std::ranges::find(file.indexes, metric, &StoredIndex::metric) == file.indexes.end()) {
    session.log.note(fmt::format("the index of {} is by {}; by {} all vectors are searched exactly",
                                 args.input.path.string(), name_of(file.indexes.front().metric), name_of(metric)));
  }
  const std::uint32_t most = std::min(args.top, file.vectors.rows());  // no list is longer
  const std::uint32_t top = std::max(1U, most);
  const std::unique_ptr<Index> index = index_of(session, file, metric);
  std::vector<std::vector<std::uint32_t>> truth;
  if (!args.truth.empty()) truth = read_truth(args.truth, asking.vectors.rows(), file.vectors.rows(), most);
  say_recall(session, index->kind(), index->known_recall(), most);
  std::uint64_t hits = 0;
  std::uint64_t wanted = 0;
  const auto ask = [&](std::span<const std::uint32_t> rows, const Run& run) {
    Lists lists = index->search(slice(asking.vectors, rows), top, {}, run);
    for (std::size_t i = 0; i < lists.size() && !truth.empty(); ++i) {
      const std::vector<std::uint32_t>& row = truth[rows[i]];
      const std::unordered_set<std::uint32_t> best(
          row.begin(), row.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(row.size(), most)));
      wanted += best.size();
      hits += static_cast<std::uint64_t>(
          std::count_if(lists[i].begin(), lists[i].end(), [&](const Neighbor& n) { return best.contains(n.item); }));
    }
    return lists;
  };
  const auto number = [](std::uint32_t row) { return std::to_string(row); };
  write_lists(session,
              {.unit = "queries",
               .shape = {.count = asking.vectors.rows(), .top = most, .query_name = number, .item_name = number},
               .ask = ask},
              args.output);
  if (truth.empty()) return;
  const double recall = wanted == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(wanted);
  session.log.event("truth", {{"recall", recall}, {"top", most}, {"queries", truth.size()}});
  session.log.say(fmt::format("found {} % of the true {} nearest", percent(recall, 2), most));
}

struct ConvertArgs {
  Input input;
  fs::path output;
  Metric metric = Metric::kCosine;
  bool metric_given = false;
  int trees = IndexOptions().trees;
  bool trees_given = false;
};

/// The forest that a file holds for a metric; null where there is none.
const Array<std::uint8_t>* stored_forest(const Indexed& file, Metric metric) {
  const auto stored = std::ranges::find(file.indexes, metric, &StoredIndex::metric);
  if (stored == file.indexes.end() || stored->kind != "annoy") return nullptr;
  const auto part = std::ranges::find(stored->parts, "ann", &IndexPart::name);
  return part == stored->parts.end() ? nullptr : std::get_if<Array<std::uint8_t>>(&part->values);
}

/// By which metric a forest is wanted. @throws Error{kInvalidArgument} where the file leaves that open.
Metric forest_metric(const Indexed& file, const ConvertArgs& args) {
  if (args.metric_given) return args.metric;
  if (file.indexes.size() == 1) return file.indexes.front().metric;
  if (stored_forest(file, Metric::kInnerProduct) != nullptr) {
    const bool both = stored_forest(file, Metric::kCosine) != nullptr;
    throw Error(ErrorCode::kInvalidArgument, {args.input.path.string()},
                both ? "holds a forest by cosine and one by inner-product"
                     : "holds a forest by inner-product, and none by cosine",
                both ? "say which: --metric cosine or --metric inner-product"
                     : "--metric inner-product takes that forest, --metric cosine makes a new one");
  }
  return Metric::kCosine;
}

/// The forest of the file, or a new one.
AnnoyForest forest_of(const Session& session, const Indexed& file, const ConvertArgs& args) {
  const Metric wanted = forest_metric(file, args);
  AnnoyMetric metric = wanted == Metric::kCosine ? AnnoyMetric::kAngular : AnnoyMetric::kDot;
  if (const Array<std::uint8_t>* bytes = stored_forest(file, wanted)) {
    AnnoyForest forest = AnnoyForest::of_file(*bytes, metric, file.vectors.factors());
    if (args.trees_given && forest.trees() != static_cast<std::uint32_t>(args.trees)) {
      throw Error(ErrorCode::kInvalidArgument, {args.input.path.string()},
                  fmt::format("holds a forest of {}, and --trees asks for {}", plural(forest.trees(), "tree"),
                              group_digits(static_cast<std::uint64_t>(args.trees))),
                  "leave --trees out, or write the vectors to .npy and make a forest of those");
    }
    return forest;
  }
  if (is_ann(args.input) && !args.metric_given) metric = args.input.ann.metric;
  AnnoyBuilder builder(metric, file.vectors.factors());
  for (std::uint32_t row = 0; row < file.vectors.rows(); ++row) builder.add(row, file.vectors[row]);
  return builder.build({.trees = args.trees}, session.run());
}

/// @throws Error{kInvalidArgument} where vectors cannot be written so, or options do not go with it.
void require_convertible(const ConvertArgs& args) {
  const std::string ending = ending_of(args.output);
  std::string endings;
  bool known = ending == ".ann";
  for (const VectorFormat& format : vector_formats()) {
    known = known || (format.write != nullptr && format.extension == ending);
    endings += (endings.empty() ? "" : ", ") + std::string(format.extension);
  }
  if (!known) {
    throw Error(ErrorCode::kInvalidArgument, {args.output.string()}, "has no name that says how to write vectors",
                "name a file that ends in one of " + endings);
  }
  if (ending != ".ann" && (args.trees_given || args.metric_given)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} goes with files that end in .ann", args.trees_given ? "--trees" : "--metric"),
                "leave it out: only forests are built of trees, for a metric");
  }
}

void convert(Session& session, const ConvertArgs& args) {
  const auto begin = std::chrono::steady_clock::now();
  require_convertible(args);
  std::error_code error;
  if (fs::exists(args.output, error) && !fs::is_empty(args.output, error)) {
    throw Error(ErrorCode::kInvalidArgument, {args.output.string()}, "exists, so it stays as it is",
                "name another file, or remove this one");
  }
  const Indexed file = open_indexed(session, args.input.path, args.input.ann);
  if (ending_of(args.output) == ".ann") {
    if (file.vectors.rows() == 0) {
      throw Error(ErrorCode::kInvalidArgument, {args.input.path.string()}, "holds no vectors to make a forest of",
                  "give at least one");
    }
    const AnnoyForest forest = forest_of(session, file, args);
    forest.save(args.output);
    session.log.say(fmt::format("{:<12}of the metric {}: {}, {}", "forest", name_of(forest.metric()),
                                plural(forest.vector_size(), "dimension"), plural(forest.trees(), "tree")));
  } else {
    write_vectors(args.output, file.vectors, session.run());
  }
  say_written(session, args.output, since(begin));
}

struct InfoArgs {
  Input input;
  bool json = false;
};

void info(Session& session, const InfoArgs& args) {
  const Indexed file = open_indexed(session, args.input.path, args.input.ann);
  if (args.json) {
    Json object{{"file", args.input.path.string()},
                {"vectors", file.vectors.rows()},
                {"dimensions", file.vectors.factors()},
                {"indexes", Json::array()}};
    for (const StoredIndex& index : file.indexes) object["indexes"].push_back(index_json(index));
    print(dump(object) + "\n");
    return;
  }
  print(fmt::format("{}: {} of {}\n", visible(args.input.path.string()), plural(file.vectors.rows(), "vector"),
                    plural(file.vectors.factors(), "value")));
  for (const StoredIndex& index : file.indexes) {
    std::uint64_t bytes = 0;
    for (const IndexPart& part : index.parts) {
      std::visit([&](const auto& values) { bytes += values.view().size_bytes(); }, part.values);
    }
    print(fmt::format("{}, {} besides the vectors\n", describe_index(index), show_bytes(bytes)));
  }
  if (file.indexes.empty()) {
    print(is_ann(args.input) ? "no index of segue: searched exactly, without the trees of this file\n"
                             : "no index: searched exactly\n");
  }
}

}  // namespace

void add_index(CLI::App& app, Session& session, Work& chosen) {
  CLI::App* group = app.add_subcommand("index", kSummary);
  group->footer(kExamples);
  group->require_subcommand(0, 1);
  group->callback([group] {
    if (!group->get_subcommands().empty() || !group->remaining().empty()) return;
    throw Error(ErrorCode::kInvalidArgument, "what to do with an index?", "segue index --help lists the commands");
  });
  {
    const auto [command, args] =
        add_command<BuildArgs>(*group, session, chosen, "build", kBuildSummary, kBuildExamples, build);
    add_input(*command, args->input, "FILE");
    add_output_option(*command, args->output,
                      "File to write; left out: the model itself, or one named after the vectors");
    add_metric(*command, args->metric, args->metric_given,
               "cosine, of a model both, and of an .ann file what it was built for");
    add_index_options(*command, args->index, "How vectors are searched");
    add_common_options(*command, session);
  }
  {
    const auto [command, args] =
        add_command<QueryArgs>(*group, session, chosen, "query", kQuerySummary, kQueryExamples, query);
    add_input(*command, args->input, "FILE");
    command->add_option("QUERIES", args->queries, "Vectors to ask with: a file of the same kinds")
        ->type_name("")
        ->required();
    add_top_option(*command, args->top);
    add_metric(*command, args->metric, args->metric_given,
               "what a file's only index is for, of an .ann file what it was built for, else cosine");
    command->add_option("--truth", args->truth, "True neighbors (.ivecs): says how many are found")
        ->type_name("FILE")
        ->group("Output");
    add_output_option(*command, args->output, "File to write, whole or not at all: .npy, .ivecs, else TSV");
    add_common_options(*command, session);
  }
  {
    const auto [command, args] =
        add_command<ConvertArgs>(*group, session, chosen, "convert", kConvertSummary, kConvertExamples, convert);
    add_input(*command, args->input, "FILE");
    command->add_option("OUTPUT", args->output, "File to write: .npy, .fvecs or .ann")->type_name("")->required();
    add_metric(*command, args->metric, args->metric_given,
               "to .ann: what a file's only index is for, of an .ann file what it was built for, else cosine");
    add_trees_option(*command, args->trees, "To .ann: how many trees of a new forest")
        ->each([args = args](const std::string&) { args->trees_given = true; });
    add_common_options(*command, session);
  }
  {
    const auto [command, args] =
        add_command<InfoArgs>(*group, session, chosen, "info", kInfoSummary, kInfoExamples, info);
    add_input(*command, args->input, "FILE");
    command->add_flag("--json", args->json, "Print one JSON object")->group("Output");
    add_common_options(*command, session);
  }
}

}  // namespace segue::cli
