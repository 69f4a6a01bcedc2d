// The server: loops (loop.h), one a thread, that share the connections of one port. The first also accepts, and is told
// of signals and of time; connections go to the loops by turns.
#include "server.h"

#include "loop.h"  // before other parts of Boost

#include <sys/resource.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "file_watch.h"
#include "segue/run.h"

namespace segue::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using ErrorOf = boost::system::error_code;

constexpr std::size_t kDropBytes = 4096;                       // of one who is turned away
constexpr auto kAfterRefusal = std::chrono::milliseconds(50);  // the system has no file left: wait for one
constexpr auto kWatch = std::chrono::seconds(1);

auto with(ErrorOf& error) { return asio::redirect_error(asio::use_awaitable, error); }

class Server {
 public:
  Server(const std::filesystem::path& file, const std::function<Model()>& open, const Options& options,
         const Events& events)
      : options_(options), events_(events), common_(open, options, events), file_(file), watch_(file) {
    const int threads = Run{.stop = {}, .progress = {}, .threads = options.workers}.thread_count();
    for (int i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>(common_));
    acceptor_ = std::make_unique<tcp::acceptor>(io());
    hangup_ = std::make_unique<asio::signal_set>(io(), SIGHUP);
    watch_timer_ = std::make_unique<asio::steady_timer>(io());
  }

  void run(const std::stop_token& stop) {
    listen();
    asio::co_spawn(io(), accept(), asio::detached);
    asio::co_spawn(io(), reload_on_signal(), asio::detached);
    if (options_.watch) asio::co_spawn(io(), watch(), asio::detached);
    tell_address();
    const std::stop_callback on_stop(stop, [this] { asio::post(io(), [this] { drain(); }); });
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < loops_.size(); ++i) threads.emplace_back([&loop = *loops_[i]] { loop.run(); });
      loops_.front()->run();
    }
    common_.workers.join();
    common_.loader.join();
  }

 private:
  asio::io_context& io() { return loops_.front()->io(); }

  void listen() {
    ErrorOf error;
    const asio::ip::address address = asio::ip::make_address(options_.host, error);
    if (error) {
      throw Error(ErrorCode::kInvalidArgument, "\"" + options_.host + "\" is not an address",
                  "give --host an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::1");
    }
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
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
    const tcp::endpoint endpoint = acceptor_->local_endpoint();
    std::string host = endpoint.address().is_unspecified() ? "127.0.0.1" : endpoint.address().to_string();
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    const std::shared_ptr<const Snapshot> snapshot = common_.service.snapshot();
    std::string example = "/v1/items";
    if (!snapshot->popular().empty()) {
      const auto id = snapshot->model().interactions().items[snapshot->popular().front()];
      example = "/v1/items/" + percent_encode(id) + "/similar?n=5";
    }
    events_.listening("http://" + host + ":" + std::to_string(endpoint.port()), example);
  }

  asio::awaitable<void> accept() {
    for (std::size_t next = 0; acceptor_->is_open(); next = (next + 1) % loops_.size()) {
      ErrorOf error;
      tcp::socket socket = co_await acceptor_->async_accept(loops_[next]->io(), with(error));
      if (!acceptor_->is_open()) break;
      if (error) {
        asio::steady_timer timer(io(), kAfterRefusal);
        co_await timer.async_wait(with(error));
        continue;
      }
      if (common_.service.connections >= options_.connections) {
        turn_away(socket);
        continue;
      }
      ++common_.service.connections;
      loops_[next]->take(std::move(socket));
    }
  }

  /// There are too many connections: says so, without waiting for anything.
  static void turn_away(tcp::socket& socket) {
    static const std::string kReply = [] {
      const Reply said = problem(503, "overloaded", "too many connections are open", "come back in a second");
      return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: " + said.type +
             "\r\nContent-Length: " + std::to_string(said.body.size()) + "\r\n\r\n" + said.body;
    }();
    ErrorOf error;
    socket.non_blocking(true, error);
    std::array<char, kDropBytes> dropped{};
    socket.read_some(asio::buffer(dropped), error);
    socket.write_some(asio::buffer(kReply), error);
    socket.shutdown(tcp::socket::shutdown_send, error);
  }

  /// Opens the file anew on the loader's thread.
  void reload() {
    asio::post(common_.loader, [this] {
      const Clock::time_point begin = Clock::now();
      try {
        common_.service.reload();
        events_.reloaded(common_.service.snapshot()->version(),
                         std::chrono::duration<double>(Clock::now() - begin).count());
      } catch (const Error& error) {
        events_.refused(error);
      } catch (const std::exception& error) {
        events_.refused(Error(ErrorCode::kOutOfMemory, std::string("the file could not be opened: ") + error.what(),
                              "the old model serves on"));
      }
    });
  }

  asio::awaitable<void> reload_on_signal() {
    while (!common_.service.draining) {
      ErrorOf error;
      co_await hangup_->async_wait(with(error));
      if (error) break;
      reload();
    }
  }

  asio::awaitable<void> watch() {
    while (!common_.service.draining) {
      ErrorOf error;
      watch_timer_->expires_after(kWatch);
      co_await watch_timer_->async_wait(with(error));
      if (error) break;
      if (watch_.changed()) reload();
      if (watch_.gone()) {
        events_.refused(Error(ErrorCode::kNotFound, {file_.string()}, "the file is gone",
                              "put a model in its place: it is opened then"));
      }
    }
  }

  /// Takes no more connections, ends those that wait, and lets the others finish their request.
  void drain() {
    if (common_.service.draining.exchange(true)) return;
    events_.draining();
    ErrorOf error;
    acceptor_->close(error);
    hangup_->cancel(error);
    watch_timer_->cancel();
    for (const std::unique_ptr<Loop>& loop : loops_) loop->drain();
  }

  const Options& options_;
  const Events& events_;
  Common common_;
  std::filesystem::path file_;
  FileWatch watch_;
  std::vector<std::unique_ptr<Loop>> loops_;
  // Of the first loop.
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::unique_ptr<asio::signal_set> hangup_;
  std::unique_ptr<asio::steady_timer> watch_timer_;
};

}  // namespace

void serve(const std::filesystem::path& file, const std::function<Model()>& open, const Options& options,
           const Events& events, const std::stop_token& stop) {
  Server server(file, open, options, events);
  server.run(stop);
}

}  // namespace segue::server
