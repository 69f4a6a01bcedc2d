// The loop that moves bytes. One thread accepts, reads, writes and keeps the times; each connection is a coroutine on
// it, so nothing here needs a lock. A search would stop that thread for milliseconds: it goes to the workers, as many
// as there are cores, and the coroutine goes on when its reply is there. Opening a model goes to a thread of its own.
//
// Every wait has an end: for the next request, for the rest of one, for the peer to take its answer. Every heap has a
// limit: headers, bodies, connections, requests that wait for a worker. Past a limit the peer is told so.
#include "server.h"

#include <utility>  // before Boost 1.74's coroutines, which forget it

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <csignal>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <system_error>

#include "cors.h"
#include "file_watch.h"
#include "http.h"
#include "limiter.h"
#include "routes.h"
#include "segue/run.h"
#include "service.h"
#include "target.h"

namespace segue::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using ErrorOf = boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;       // first read of a request: most fit
constexpr std::size_t kLingerBytes = 4 << 20;  // of a refused request that are read and dropped …
constexpr double kLingerSeconds = 2;           // … for so long, or the peer would see a reset and no reply
constexpr auto kAfterRefusal = std::chrono::milliseconds(50);  // the system has no file left: wait for one
constexpr auto kWatch = std::chrono::seconds(1);
constexpr auto kTick = std::chrono::milliseconds(250);  // how exact deadlines are
constexpr std::size_t kLongestRequestId = 64;

Clock::duration of_seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

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

bool is_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestRequestId && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

struct Connection {
  explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}

  /// What is waited for next may take so long.
  void may_take(double seconds) {
    deadline = Clock::now() + of_seconds(seconds);
    timed_out = false;
  }

  tcp::socket socket;
  std::string address;
  bool idle = true;  // between two requests
  bool timed_out = false;
  Clock::time_point deadline = Clock::time_point::max();
  Clock::time_point asked;
};

class Server {
 public:
  Server(const std::filesystem::path& file, const std::function<Model()>& open, const Options& options,
         const Events& events)
      : options_(options),
        events_(events),
        cors_(options.cors),
        service_(open, options.api_key),
        limiter_(options.rate),
        watch_(file),
        id_prefix_(std::to_string(std::random_device()()) + "-"),
        workers_(static_cast<std::size_t>(Run{.stop = {}, .progress = {}, .threads = options.workers}.thread_count())) {
  }

  void run(const std::stop_token& stop) {
    listen();
    asio::co_spawn(io_, accept(), asio::detached);
    asio::co_spawn(io_, keep_time(), asio::detached);
    asio::co_spawn(io_, reload_on_signal(), asio::detached);
    if (options_.watch) asio::co_spawn(io_, watch(), asio::detached);
    tell_address();
    const std::stop_callback on_stop(stop, [this] { asio::post(io_, [this] { drain(); }); });
    io_.run();
    workers_.join();
    loader_.join();
  }

 private:
  void listen() {
    ErrorOf error;
    const asio::ip::address address = asio::ip::make_address(options_.host, error);
    if (error) {
      throw Error(ErrorCode::kInvalidArgument, "\"" + options_.host + "\" is not an address",
                  "give --host an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::1");
    }
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      throw Error(
          ErrorCode::kIo,
          "cannot listen to " + options_.host + " port " + std::to_string(options_.port) + ": " + error.message(),
          "give another --port (0 takes a free one) or --host");
    }
    // Each connection is an open file.
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
      limit.rlim_cur = limit.rlim_max;
      setrlimit(RLIMIT_NOFILE, &limit);
    }
  }

  void tell_address() {
    const tcp::endpoint endpoint = acceptor_.local_endpoint();
    std::string host = endpoint.address().is_unspecified() ? "127.0.0.1" : endpoint.address().to_string();
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    const std::shared_ptr<const Snapshot> snapshot = service_.snapshot();
    std::string example = "/v1/items";
    if (!snapshot->popular().empty()) {
      const auto id = snapshot->model().interactions().items[snapshot->popular().front()];
      example = "/v1/items/" + percent_encode(id) + "/similar?n=5";
    }
    events_.listening("http://" + host + ":" + std::to_string(endpoint.port()), example);
  }

  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      ErrorOf error;
      tcp::socket socket = co_await acceptor_.async_accept(with(error));
      if (!acceptor_.is_open()) break;
      if (error) {
        asio::steady_timer timer(io_, kAfterRefusal);
        co_await timer.async_wait(with(error));
        continue;
      }
      if (connections_.size() >= options_.connections) {
        turn_away(socket);
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      const auto place = connections_.emplace(connections_.end(), std::move(socket));
      const tcp::endpoint peer = place->socket.remote_endpoint(error);
      if (!error) place->address = peer.address().to_string();
      service_.connections = connections_.size();
      asio::co_spawn(io_, talk(*place), [this, place](const std::exception_ptr&) {
        connections_.erase(place);
        service_.connections = connections_.size();
        if (service_.draining && connections_.empty()) io_.stop();
      });
    }
  }

  /// There are too many connections: says so, without waiting for anything.
  static void turn_away(tcp::socket& socket) {
    constexpr std::string_view kReply =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    ErrorOf error;
    socket.non_blocking(true, error);
    std::array<char, kReadBytes> dropped{};
    socket.read_some(asio::buffer(dropped), error);
    socket.write_some(asio::buffer(kReply), error);
    socket.shutdown(tcp::socket::shutdown_send, error);
  }

  asio::awaitable<void> talk(Connection& connection) {
    tcp::socket& stream = connection.socket;
    beast::flat_buffer buffer;
    bool more = true;
    while (more) {
      ErrorOf error;
      if (buffer.size() == 0) {
        if (service_.draining) break;
        connection.may_take(options_.idle_seconds);
        connection.idle = true;
        const std::size_t got = co_await stream.async_read_some(buffer.prepare(kReadBytes), with(error));
        connection.idle = false;
        if (error) break;
        buffer.commit(got);
      }
      connection.asked = Clock::now();
      connection.may_take(options_.request_seconds);
      http::request_parser<http::string_body> parser;
      parser.header_limit(options_.header_bytes);
      parser.body_limit(options_.body_bytes);
      co_await http::async_read_header(stream, buffer, parser, with(error));
      if (!error && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        http::response<http::empty_body> go_on(http::status::continue_, 11);
        co_await http::async_write(stream, go_on, with(error));
      }
      if (!error && !parser.is_done()) co_await http::async_read(stream, buffer, parser, with(error));
      if (error) {
        const std::optional<Reply> refusal = refusal_of(error, connection.timed_out, options_);
        if (!refusal) break;
        connection.may_take(options_.request_seconds);
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
  asio::awaitable<bool> answer(Connection& connection, http::request<http::string_body>& message) {
    ++service_.in_flight;
    Request request{text_of(message.method_string()),
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
    const std::string origin = text_of(message[http::field::origin]);
    const bool ahead = request.method == "OPTIONS" && !cors_.off();
    if (target && ahead) {
      reply = cors_.preflight(origin);
    } else if (target) {
      const RouteMatch match = match_route(request.method, *target);
      if (match.route == nullptr) {
        reply = match.refusal;
      } else {
        route = match.route->path;
        reply = co_await answer_on(connection, request, *target, match);
      }
    }
    if (!ahead) cors_.allow(origin, reply);
    connection.may_take(options_.request_seconds);
    const bool more = co_await send(connection, message, route, reply, message.keep_alive() && !service_.draining);
    --service_.in_flight;
    co_return more;
  }

  /// Has the right thread answer, if there is room for one more.
  asio::awaitable<Reply> answer_on(Connection& connection, const Request& request, const Target& target,
                                   const RouteMatch& match) {
    if (!limiter_.allow(connection.address, connection.asked) && match.route->place != Place::kAtOnce) {
      Reply reply = problem(429, "too_many_requests", "your address sends too many requests a second", "send fewer");
      reply.headers.emplace_back("Retry-After", "1");
      co_return reply;
    }
    const auto work = [&] { return service_.answer(request, target, match); };
    if (match.route->place == Place::kAtOnce || service_.unchanged(request, match)) co_return work();
    Reply refusal;
    if (match.route->place == Place::kLoader && !service_.may_administer(request.authorization, refusal)) {
      co_return refusal;
    }
    std::uint32_t& waiting = match.route->place == Place::kLoader ? loading_ : searching_;
    const std::uint32_t room = match.route->place == Place::kLoader ? 1 : options_.queue;
    if (waiting >= room) {
      Reply reply = problem(503, "overloaded", "too many requests are waiting", "come back in a second");
      reply.headers.emplace_back("Retry-After", "1");
      co_return reply;
    }
    ++waiting;
    // The peer's time is not spent while it waits for us.
    connection.deadline = Clock::time_point::max();
    Reply reply = co_await run_on(match.route->place == Place::kLoader ? loader_ : workers_, work);
    --waiting;
    co_return reply;
  }

  asio::awaitable<bool> send(Connection& connection, const http::request<http::string_body>& message,
                             std::string_view route, const Reply& reply, bool keep_alive) {
    std::string id = text_of(message["X-Request-Id"]);
    if (!is_request_id(id)) id = id_prefix_ + std::to_string(++requests_);
    const auto fill = [&](auto& response) {
      response.version(11);
      response.result(reply.status);
      response.reason(beast::string_view(reason_of(reply.status).data(), reason_of(reply.status).size()));
      if (!reply.type.empty()) response.set(http::field::content_type, reply.type);
      for (const auto& [name, value] : reply.headers) response.set(beast::string_view(name.data(), name.size()), value);
      response.set("X-Request-Id", id);
      response.set("X-Content-Type-Options", "nosniff");
      response.keep_alive(keep_alive);
      if (reply.status != 304 && reply.status != 204) response.content_length(reply.body.size());
    };
    ErrorOf error;
    if (message.method() == http::verb::head || reply.status == 304 || reply.status == 204) {
      http::response<http::empty_body> response;
      fill(response);
      co_await http::async_write(connection.socket, response, with(error));
    } else {
      http::response<http::span_body<const char>> response;
      response.body() = {reply.body.data(), reply.body.size()};
      fill(response);
      co_await http::async_write(connection.socket, response, with(error));
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - connection.asked).count();
    service_.metrics.count(route, reply.status, seconds);
    if (events_.access) {
      const std::string method = text_of(message.method_string());
      const std::string target = text_of(message.target());
      events_.access({connection.address, method, target, id, reply.status, reply.body.size(), seconds});
    }
    co_return keep_alive && !error;
  }

  /// After a refusal, so that the peer sees it: what it still sends is read and dropped for a while, since unread bytes
  /// would make the system reset the connection.
  static asio::awaitable<void> linger(Connection& connection) {
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
  asio::awaitable<void> keep_time() {
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

  /// Opens the file anew on the loader's thread.
  void reload() {
    asio::post(loader_, [this] {
      const Clock::time_point begin = Clock::now();
      try {
        service_.reload();
        events_.reloaded(service_.snapshot()->version(), std::chrono::duration<double>(Clock::now() - begin).count());
      } catch (const Error& error) {
        events_.refused(error);
      } catch (const std::exception& error) {
        events_.refused(Error(ErrorCode::kOutOfMemory, std::string("the file could not be opened: ") + error.what(),
                              "the old model serves on"));
      }
    });
  }

  asio::awaitable<void> reload_on_signal() {
    while (!service_.draining) {
      ErrorOf error;
      co_await hangup_.async_wait(with(error));
      if (error) break;
      reload();
    }
  }

  asio::awaitable<void> watch() {
    while (!service_.draining) {
      ErrorOf error;
      watch_timer_.expires_after(kWatch);
      co_await watch_timer_.async_wait(with(error));
      if (error) break;
      if (watch_.changed()) reload();
    }
  }

  /// Takes no more connections, ends those that wait, and lets the others finish their request.
  void drain() {
    if (service_.draining) return;
    service_.draining = true;
    events_.draining();
    ErrorOf error;
    acceptor_.close(error);
    hangup_.cancel(error);
    watch_timer_.cancel();
    for (Connection& connection : connections_) {
      if (connection.idle) connection.socket.cancel(error);
    }
    if (connections_.empty()) io_.stop();
    drain_timer_.expires_after(of_seconds(options_.drain_seconds));
    drain_timer_.async_wait([this](const ErrorOf& cancelled) {
      if (!cancelled) io_.stop();
    });
  }

  const Options& options_;
  const Events& events_;
  Cors cors_;
  Service service_;
  Limiter limiter_;
  FileWatch watch_;
  std::string id_prefix_;
  std::uint64_t requests_ = 0;
  std::uint32_t searching_ = 0;
  std::uint32_t loading_ = 0;
  asio::io_context io_{1};
  std::list<Connection> connections_;
  tcp::acceptor acceptor_{io_};
  asio::signal_set hangup_{io_, SIGHUP};
  asio::steady_timer watch_timer_{io_};
  asio::steady_timer drain_timer_{io_};
  asio::thread_pool workers_;
  asio::thread_pool loader_{1};
};

}  // namespace

void serve(const std::filesystem::path& file, const std::function<Model()>& open, const Options& options,
           const Events& events, const std::stop_token& stop) {
  Server server(file, open, options, events);
  server.run(stop);
}

}  // namespace segue::server
