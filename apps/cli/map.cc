// segue map: places of a model's items in the plane, for the explorer page.
#include <fmt/format.h>

#include <chrono>

#include "commands.h"
#include "data.h"
#include "options.h"
#include "segue/error.h"
#include "segue/item_map.h"
#include "text.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSummary =
    "Lay the items of a model out as a map\n"
    "Items that are alike come to lie side by side; places and regions go into the model's file, and segue serve shows "
    "them. Says how far the map can be trusted: the trustworthiness of Venna & Kaski at 15 neighbors.";
constexpr const char* kExamples = R"(Examples:
  segue map lastfm.segue
  segue map lastfm.segue --clusters 24 -o with-map.segue
  segue map lastfm.segue --neighbors 30 --epochs 800)";

struct Args {
  fs::path model;
  fs::path output;
  MapOptions options;
};

void run(Session& session, const Args& args) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const fs::path output = args.output.empty() ? args.model : args.output;
  const FileStamp opened(args.model);
  const Model model = load_model(session, args.model);
  if (model.item_model()) {
    throw Error(ErrorCode::kInvalidArgument, {args.model.string()},
                fmt::format("is of model {}, which has no factors to lay out", visible(model.card().model)),
                "name a model of als, bpr or lmf");
  }
  // Once it is known to be a model: a log that is named by mistake is not told that it stays as it is.
  std::error_code error;
  const bool in_place = fs::equivalent(output, args.model, error);
  require_writable(output, in_place ? fs::path() : args.model, "model");
  ItemMap map = make_map(model.item_factors(), model.listeners().view(), args.options, session.run());
  std::uint64_t places = 0;
  for (const std::uint32_t cluster : map.clusters) places += cluster == ItemMap::kNowhere ? 0 : 1;
  const double laid_out = seconds();
  session.log.event("map", {{"items", places},
                            {"without_place", map.clusters.size() - places},
                            {"trustworthiness", map.trustworthiness},
                            {"sample", map.sample},
                            {"seconds", laid_out}});
  session.log.say(fmt::format("{:<12}{}; laid out in {}", "map", plural(places, "item"), show_seconds(laid_out)));
  if (map.sample != 0) {
    session.log.say(fmt::format("{:<12}trustworthiness@15 {:.4f}, of {} asked", "", map.trustworthiness,
                                plural(map.sample, "item")));
  }
  if (in_place) opened.require_same();
  model.with_map(std::move(map)).save(output, session.run());
  say_written(session, output, seconds());
}

}  // namespace

void add_map(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "map", kSummary, kExamples, run);
  command->add_option("MODEL", args->model, "A model that segue fit wrote")->type_name("")->required();
  add_output_option(*command, args->output, "File to write; left out: the model itself");
  const auto add = [&command = *command](const char* flag, auto& value, const char* help) {
    command.add_option(flag, value, help)->capture_default_str()->type_name("N")->group("Layout");
  };
  add("--neighbors", args->options.neighbors, "Nearest items that are to stay near, 2 to 100");
  add("--epochs", args->options.epochs, "Steps of the layout");
  add("--clusters", args->options.clusters, "Regions to color, 1 to 256");
  add("--seed", args->options.seed, "Another seed, another map");
  add_common_options(*command, session);
}

}  // namespace segue::cli
