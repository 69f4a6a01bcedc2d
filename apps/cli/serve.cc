// segue serve: a model over HTTP, and a page to look around in it.
#include <fmt/format.h>

#include <algorithm>

#include "apps/server/server.h"
#include "commands.h"
#include "data.h"
#include "options.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  std::filesystem::path model;
  server::Options options;
  bool no_access_log = false;
};

constexpr const char* kSummary =
    "Serve a model over HTTP\n"
    "Answers at /v1, an explorer page at /, what there is at /openapi.json. Ends gracefully on Ctrl-C; SIGHUP opens "
    "the "
    "file anew.";

constexpr const char* kExamples = R"(Examples:
  segue serve lastfm.segue
  segue serve lastfm.segue --watch --port 0
  segue serve lastfm.segue --cors https://example.org
  segue serve lastfm.segue --host 0.0.0.0 --log-format json
  SEGUE_API_KEY=… segue serve lastfm.segue)";

constexpr std::uint32_t kMostConnections = 1'000'000;

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

void log_access(Session& session, const server::Access& access) {
  if (session.log.is_json()) {
    session.log.event("request", {{"request_id", access.request_id},
                                  {"address", access.address},
                                  {"method", access.method},
                                  {"target", access.target},
                                  {"status", access.status},
                                  {"bytes", access.bytes},
                                  {"seconds", access.seconds}});
    return;
  }
  session.log.say(fmt::format("{} {} {}  {:.1f} ms  {}  {} {}", access.status, visible(access.method),
                              visible(access.target), access.seconds * 1e3, show_bytes(access.bytes), access.address,
                              access.request_id));
}

server::Events events_of(Session& session, const Args& args) {
  server::Events events;
  events.listening = [&](const std::string& url, std::string_view example) {
    session.log.event("listening", {{"url", url}, {"example", url + std::string(example)}});
    session.log.say(fmt::format("serving     {} at {}/\n\nTry next:\n  curl '{}{}'\n", visible(args.model.string()),
                                url, url, example));
    if (!is_loopback(args.options.host)) {
      session.log.note("whoever reaches this address can read the model; put a proxy with TLS in front of it");
    }
  };
  if (!args.no_access_log) {
    events.access = [&](const server::Access& access) { log_access(session, access); };
  }
  events.reloaded = [&](const std::string& version, double seconds) {
    session.log.event("reload", {{"model", version}, {"seconds", seconds}});
    session.log.say(fmt::format("reloaded    model {} in {}", version, show_seconds(seconds)));
  };
  events.refused = [&](const Error& error) {
    session.log.error(error);
    session.log.note("the old model serves on");
  };
  events.draining = [&] { session.log.event("draining", Json::object()); };
  return events;
}

void run(Session& session, const Args& args) {
  server::Options options = args.options;
  options.workers = session.threads;
  server::serve(
      args.model, [&] { return load_model(session, args.model); }, options, events_of(session, args), session.stop);
}

}  // namespace

void add_serve(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "serve", kSummary, kExamples, run);
  server::Options& options = args->options;
  command->add_option("MODEL", args->model, "A model that segue fit wrote")->type_name("")->required();
  const auto add = [&command = *command](const char* flag, auto& value, const char* help, const char* group) {
    return command.add_option(flag, value, help)->capture_default_str()->group(group);
  };
  add("--host", options.host, "Address to listen to; 0.0.0.0 is all of this machine", "Address")->type_name("ADDRESS");
  add("--port", options.port, "Port to listen to; 0 takes a free one", "Address")->type_name("N");
  command->add_flag("--watch", options.watch, "Open the file anew when it was replaced")->group("Model");
  command
      ->add_option("--api-key", options.api_key,
                   "What POST /v1/admin/reload asks for; others see it in the list of "
                   "processes, so rather set SEGUE_API_KEY")
      ->envname("SEGUE_API_KEY")
      ->type_name("KEY")
      ->group("Model");
  command
      ->add_option("--cors", options.cors,
                   "Let pages of this origin read the answers (https://example.org; * for all); may be repeated")
      ->type_name("ORIGIN")
      ->allow_extra_args(false)
      ->group("Address");
  add("--queue", options.queue, "Requests that may wait for a thread; more get 503", "Limits")
      ->check(CLI::Range(1U, kMostConnections))
      ->type_name("N");
  add("--rate-limit", options.rate, "Requests a second of one address; more get 429; 0: any number", "Limits")
      ->check(CLI::Range(0.0, 1e9))
      ->type_name("X");
  add("--max-connections", options.connections, "Connections open at once; more get 503", "Limits")
      ->check(CLI::Range(1U, kMostConnections))
      ->type_name("N");
  command->add_flag("--no-access-log", args->no_access_log, "Say nothing of requests")->group("Running");
  add_common_options(*command, session);
}

}  // namespace segue::cli
