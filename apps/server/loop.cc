#include "loop.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <random>

#include "segue/error.h"
#include "segue/run.h"

namespace segue::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using ErrorOf = boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;                // first read of a request: most fit
constexpr std::size_t kHeadBytes = 512;                 // of an answer: most fit
constexpr std::size_t kLingerBytes = 4 << 20;           // of a refused request that are read and dropped …
constexpr double kLingerSeconds = 2;                    // … for so long, or the peer would see a reset and no reply
constexpr std::size_t kShortBody = 16 * 1024;           // bytes that are read in less time than a search takes
constexpr auto kTick = std::chrono::milliseconds(250);  // how exact deadlines are
constexpr std::size_t kLongestRequestId = 64;
constexpr int kLoaderNice = 15;

auto with(ErrorOf& error) { return asio::redirect_error(asio::use_awaitable, error); }

/// Runs `work` on a pool; the coroutine goes on where it was.
template <typename Work>
asio::awaitable<Reply> run_on(asio::thread_pool& pool, Work work) {
  auto start = [&pool, work = std::move(work)](auto handler) mutable {
    asio::post(pool, [work = std::move(work), handler = std::move(handler)]() mutable {
      Reply reply = work();
      const auto executor = asio::get_associated_executor(handler);
      asio::post(executor,
                 [reply = std::move(reply), handler = std::move(handler)]() mutable { handler(std::move(reply)); });
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Reply)>(std::move(start), asio::use_awaitable);
}

/// Writes all of it. What the system takes at once, as it does almost always, costs no way through the reactor.
asio::awaitable<void> write_all(tcp::socket& socket, std::array<asio::const_buffer, 2> buffers, ErrorOf& error) {
  std::size_t written = socket.write_some(buffers, error);
  if (error == asio::error::would_block) error = {};
  if (error || written == buffers[0].size() + buffers[1].size()) co_return;
  for (asio::const_buffer& buffer : buffers) {
    const std::size_t done = std::min(written, buffer.size());
    buffer += done;
    written -= done;
  }
  co_await asio::async_write(socket, buffers, with(error));
}

/// What a request that cannot be read is told; nothing where nobody is left to tell.
std::optional<Reply> refusal_of(const ErrorOf& error, bool timed_out, const Options& options) {
  if (error == http::error::header_limit) {
    return problem(431, "too_large", "the request line and headers are too long",
                   "send at most " + std::to_string(options.header_bytes) + " bytes");
  }
  if (error == http::error::body_limit) {
    return problem(413, "too_large", "the body is too long",
                   "send at most " + std::to_string(options.body_bytes) + " bytes");
  }
  if (timed_out) {
    return problem(408, "timeout", "the request did not arrive in time", "send it whole, and faster");
  }
  const bool ours = error.category() == make_error_code(http::error::bad_method).category();
  if (!ours || error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  return problem(400, "bad_request", "this is not HTTP/1.1: " + error.message(), "send GET /v1/items HTTP/1.1");
}

/// Why the bytes behind this head are not to be trusted: where a body ends is not plain (RFC 9112, 6.3), or a proxy in
/// front may have sent it for another host (3.2). What follows could be read as a request that nobody sent.
std::optional<Reply> distrust(const Loop::Request& message) {
  const bool is_http_11 = message.version() == 11;
  const auto coding = message.find(http::field::transfer_encoding);
  if (coding != message.end() && !(is_http_11 && beast::iequals(coding->value(), "chunked"))) {
    return problem(400, "bad_request", "the only Transfer-Encoding known here is chunked, of HTTP/1.1",
                   "send the body as it is, with Content-Length");
  }
  if (is_http_11 && message.count(http::field::host) != 1) {
    return problem(400, "bad_request", "a request of HTTP/1.1 has one Host", "send the header Host once");
  }
  return std::nullopt;
}

Reply come_back(unsigned status, std::string_view code, std::string_view detail, std::string_view fix) {
  Reply reply = problem(status, code, detail, fix);
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

bool is_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestRequestId && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string_view view_of(beast::string_view view) { return {view.data(), view.size()}; }
std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

/// The lines before a body.
std::string head_of(const Reply& reply, std::string_view id, bool keep_alive) {
  std::string head;
  head.reserve(kHeadBytes);
  head += "HTTP/1.1 ";
  head += std::to_string(reply.status);
  head += ' ';
  head += reason_of(reply.status);
  head += "\r\n";
  const auto field = [&](std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  };
  if (!reply.type.empty()) field("Content-Type", reply.type);
  for (const auto& [name, value] : reply.headers) field(name, value);
  field("X-Request-Id", id);
  field("X-Content-Type-Options", "nosniff");
  if (!keep_alive) field("Connection", "close");
  if (reply.status != 304 && reply.status != 204) field("Content-Length", std::to_string(reply.body.size()));
  head += "\r\n";
  return head;
}

}  // namespace

Common::Common(const std::function<Model()>& open, const Options& served, const Events& told)
    : options(served),
      events(told),
      cors(served.cors),
      service(open, served.api_key),
      limiter(served.rate),
      id_prefix(std::to_string(std::random_device()()) + "-"),
      workers(static_cast<std::size_t>(Run{.stop = {}, .progress = {}, .threads = served.workers}.thread_count())) {
  // Opening a model takes all cores for a while. Answers come first: of its thread, and of those that it begins.
  asio::post(loader, [] { setpriority(PRIO_PROCESS, 0, kLoaderNice); });
}

void Loop::Connection::may_take(double seconds) {
  deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  timed_out = false;
}

void Loop::run() {
  asio::co_spawn(io_, keep_time(), asio::detached);
  io_.run();
}

void Loop::take(tcp::socket socket) {
  asio::post(io_, [this, socket = std::move(socket)]() mutable {
    ErrorOf error;
    socket.non_blocking(true, error);
    socket.set_option(tcp::no_delay(true), error);
    const auto place = connections_.emplace(connections_.end(), std::move(socket));
    const tcp::endpoint peer = place->socket.remote_endpoint(error);
    if (!error) place->address = peer.address().to_string();
    asio::co_spawn(io_, talk(*place), [this, place](const std::exception_ptr&) { left(place); });
  });
}

void Loop::left(std::list<Connection>::iterator place) {
  connections_.erase(place);
  --common_.service.connections;
  if (draining_ && connections_.empty()) io_.stop();
}

void Loop::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    ErrorOf error;
    for (Connection& connection : connections_) {
      if (connection.idle) connection.socket.cancel(error);
    }
    if (connections_.empty()) io_.stop();
    drain_timer_.expires_after(
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(common_.options.drain_seconds)));
    drain_timer_.async_wait([this](const ErrorOf& cancelled) {
      if (!cancelled) io_.stop();
    });
  });
}

asio::awaitable<void> Loop::talk(Connection& connection) {
  const Options& options = common_.options;
  tcp::socket& stream = connection.socket;
  beast::flat_buffer buffer;
  bool more = true;
  while (more) {
    ErrorOf error;
    if (buffer.size() == 0) {
      if (draining_) break;
      buffer.shrink_to_fit();  // who waits holds nothing
      connection.may_take(options.idle_seconds);
      connection.idle = true;
      co_await stream.async_wait(tcp::socket::wait_read, with(error));
      connection.idle = false;
      if (error) break;
      const std::size_t got = stream.read_some(buffer.prepare(kReadBytes), error);
      if (error == asio::error::would_block) continue;
      if (error) break;
      buffer.commit(got);
    }
    connection.asked = Clock::now();
    connection.may_take(options.request_seconds);
    http::request_parser<http::string_body> parser;
    parser.header_limit(options.header_bytes);
    parser.body_limit(options.body_bytes);
    parser.eager(true);
    buffer.consume(parser.put(buffer.data(), error));  // mostly all of it is here
    if (error == http::error::need_more) error = {};
    if (!error && !parser.is_header_done()) co_await http::async_read_header(stream, buffer, parser, with(error));
    std::optional<Reply> refusal;
    if (!error) refusal = distrust(parser.get());
    if (!error && !refusal && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(stream, go_on, with(error));
    }
    if (!error && !refusal && !parser.is_done()) co_await http::async_read(stream, buffer, parser, with(error));
    if (error) {
      refusal = refusal_of(error, connection.timed_out, options);
      if (!refusal) break;
    }
    if (refusal) {
      connection.may_take(options.request_seconds);
      co_await send(connection, parser.get(), "unreadable", *refusal, false);
      co_await linger(connection);
      break;
    }
    connection.asked = Clock::now();
    more = co_await answer(connection, parser.get());
  }
  ErrorOf ignored;
  stream.shutdown(tcp::socket::shutdown_both, ignored);
}

/// Answers one request. @return whether the connection may be used for another.
asio::awaitable<bool> Loop::answer(Connection& connection, Request& message) {
  Service& service = common_.service;
  ++service.in_flight;
  server::Request request{text_of(message.method_string()),
                          text_of(message.target()),
                          text_of(message[http::field::content_type]),
                          text_of(message[http::field::if_none_match]),
                          text_of(message[http::field::authorization]),
                          std::move(message.body())};
  Reply reply;
  std::string_view route = "none";
  std::optional<Target> target;
  try {
    target = parse_target(request.target);
  } catch (const Error& error) {
    reply = problem(400, describe(error.code()).name, error.problem(), error.fix());
  }
  const std::string_view origin = view_of(message[http::field::origin]);
  const bool ahead = request.method == "OPTIONS" && !common_.cors.off();
  if (target && ahead) {
    reply = common_.cors.preflight(origin);
  } else if (target) {
    const RouteMatch match = match_route(request.method, *target);
    if (match.route == nullptr) {
      reply = match.refusal;
    } else {
      route = match.route->path;
      reply = co_await answer_on(connection, request, *target, match);
    }
  }
  if (!ahead) common_.cors.allow(origin, reply);
  connection.may_take(common_.options.request_seconds);
  const bool more = co_await send(connection, message, route, reply, message.keep_alive() && !draining_);
  --service.in_flight;
  co_return more;
}

/// Has the right thread answer, if there is room for one more.
asio::awaitable<Reply> Loop::answer_on(Connection& connection, const server::Request& request, const Target& target,
                                       const RouteMatch& match) {
  Service& service = common_.service;
  const Place place = match.route->place;
  if (place != Place::kAtOnce && !common_.limiter.allow(connection.address, connection.asked)) {
    co_return come_back(429, "too_many_requests", "your address sends too many requests a second", "send fewer");
  }
  const auto work = [&] { return service.answer(request, target, match); };
  if (place == Place::kAtOnce || service.unchanged(request, match)) co_return work();
  if (place == Place::kLoader) co_return co_await reload(connection, request, target, match);

  if (common_.searching.fetch_add(1) >= common_.options.queue) {
    --common_.searching;
    co_return come_back(503, "overloaded", "too many requests are waiting", "come back in a second");
  }
  // The peer's time is not spent while it waits for us.
  connection.deadline = Clock::time_point::max();
  std::optional<Reply> reply;
  if (place == Place::kInTurn && request.body.size() <= kShortBody) {
    co_await wait_for_turn();
    reply = service.answer_soon(request, target, match);
  }
  if (!reply) reply = co_await run_on(common_.workers, work);
  --common_.searching;
  co_return std::move(*reply);
}

/// Has the loader answer, one request at a time: a second one would open the same file again.
asio::awaitable<Reply> Loop::reload(Connection& connection, const server::Request& request, const Target& target,
                                    const RouteMatch& match) {
  Reply refusal;
  if (!common_.service.may_administer(request.authorization, refusal)) co_return refusal;
  if (common_.loading.exchange(true)) {
    co_return problem(409, "reload_under_way", "a reload is under way",
                      "wait until it has ended, and ask again if the file was replaced since it began");
  }
  connection.deadline = Clock::time_point::max();
  const auto work = [&] { return common_.service.answer(request, target, match); };
  Reply reply = co_await run_on(common_.loader, work);
  common_.loading = false;
  co_return reply;
}

asio::awaitable<void> Loop::wait_for_turn() {
  auto start = [this](auto handler) {
    struct Waits final : Turn {
      explicit Waits(decltype(handler) resumed) : resume(std::move(resumed)) {}
      void take() override { resume(); }
      decltype(handler) resume;
    };
    turns_.push_back(std::make_unique<Waits>(std::move(handler)));
    if (turns_.size() == 1) asio::post(io_, [this] { give_turn(); });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
}

/// Answers the one that has waited longest, and the next when the sockets have been looked at.
void Loop::give_turn() {
  turns_.front()->take();
  turns_.pop_front();
  if (!turns_.empty()) asio::post(io_, [this] { give_turn(); });
}

asio::awaitable<bool> Loop::send(Connection& connection, const Request& message, std::string_view route,
                                 const Reply& reply, bool keep_alive) {
  std::string made_up;
  std::string_view id = view_of(message["X-Request-Id"]);
  if (!is_request_id(id)) id = made_up = common_.id_prefix + std::to_string(++common_.requests);
  const std::string head = head_of(reply, id, keep_alive);
  const bool with_body = message.method() != http::verb::head && reply.status != 304 && reply.status != 204;
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head),
                                                  asio::buffer(reply.body.data(), with_body ? reply.body.size() : 0)};
  ErrorOf error;
  co_await write_all(connection.socket, buffers, error);
  const double seconds = std::chrono::duration<double>(Clock::now() - connection.asked).count();
  common_.service.metrics.count(route, reply.status, seconds);
  if (common_.events.access) {
    common_.events.access({connection.address, view_of(message.method_string()), view_of(message.target()), id,
                           reply.status, reply.body.size(), seconds});
  }
  co_return keep_alive && !error;
}

/// After a refusal, so that the peer sees it: what it still sends is read and dropped for a while, since unread bytes
/// would make the system reset the connection.
asio::awaitable<void> Loop::linger(Connection& connection) {
  ErrorOf error;
  connection.socket.shutdown(tcp::socket::shutdown_send, error);
  connection.may_take(kLingerSeconds);
  std::array<char, kReadBytes> dropped{};
  std::size_t total = 0;
  while (!error && total < kLingerBytes) {
    total += co_await connection.socket.async_read_some(asio::buffer(dropped), with(error));
  }
}

/// Ends waits that have taken too long. One look at all connections now and then is cheaper than a timer for each.
asio::awaitable<void> Loop::keep_time() {
  asio::steady_timer timer(io_);
  while (true) {
    ErrorOf error;
    timer.expires_after(kTick);
    co_await timer.async_wait(with(error));
    const Clock::time_point now = Clock::now();
    for (Connection& connection : connections_) {
      if (connection.deadline > now) continue;
      connection.deadline = Clock::time_point::max();
      connection.timed_out = true;
      connection.socket.cancel(error);
    }
  }
}

}  // namespace segue::server
