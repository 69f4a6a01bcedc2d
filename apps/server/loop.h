// Loop: one thread that reads, answers and writes for its share of the connections. Each connection is a coroutine on
// that thread, so that nothing of it needs a lock, and an answer costs no change of threads.
//
// What has arrived is read before anybody is answered; then questions are answered one at a time in the order in which
// they came, and between two the loop looks at its sockets again. So a health check waits for one search at most, and
// the questions that wait can be counted: past a limit they are told to come back. What takes longer than a search
// (batches, spellings that a search of all titles has to guess) goes to a pool of workers, and opening a model to a
// thread of its own.
//
// Every wait has an end: for the next request, for the rest of one, for the peer to take its answer. Every heap has a
// limit: headers, bodies, connections, questions that wait. Past a limit the peer is told so.
#ifndef SEGUE_APPS_SERVER_LOOP_H_
#define SEGUE_APPS_SERVER_LOOP_H_

#include <utility>  // before Boost 1.74's coroutines, which forget it

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "cors.h"
#include "http.h"
#include "limiter.h"
#include "routes.h"
#include "server.h"
#include "service.h"
#include "target.h"

namespace segue::server {

/// What all loops share.
struct Common {
  Common(const std::function<Model()>& open, const Options& served, const Events& told);

  const Options& options;
  const Events& events;
  Cors cors;
  Service service;
  Limiter limiter;
  std::string id_prefix;                     // of request ids that are made up here
  std::atomic<std::uint64_t> requests = 0;   // so many ids were made up
  std::atomic<std::uint32_t> searching = 0;  // questions that wait or are being answered
  std::atomic<bool> loading = false;         // somebody asked for a reload, and it has not ended
  boost::asio::thread_pool workers;
  boost::asio::thread_pool loader{1};
};

class Loop {
 public:
  using Clock = std::chrono::steady_clock;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  explicit Loop(Common& common) : common_(common) {}

  boost::asio::io_context& io() { return io_; }

  /// Until it is drained. Called by one thread; what follows may be called by any.
  void run();
  /// A connection that was accepted for io().
  void take(boost::asio::ip::tcp::socket socket);
  /// Ends connections that wait, lets the others finish their request, and then run().
  void drain();

 private:
  struct Connection {
    explicit Connection(boost::asio::ip::tcp::socket accepted) : socket(std::move(accepted)) {}

    /// What is waited for next may take so long.
    void may_take(double seconds);

    boost::asio::ip::tcp::socket socket;
    std::string address;
    bool idle = true;  // between two requests
    bool timed_out = false;
    Clock::time_point deadline = Clock::time_point::max();
    Clock::time_point asked;
  };

  /// A coroutine that waits to be answered.
  class Turn {
   public:
    Turn() = default;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    virtual ~Turn() = default;
    virtual void take() = 0;
  };

  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<void> talk(Connection& connection);
  Awaitable<bool> answer(Connection& connection, Request& message);
  Awaitable<Reply> answer_on(Connection& connection, const server::Request& request, const Target& target,
                             const RouteMatch& match);
  Awaitable<Reply> reload(Connection& connection, const server::Request& request, const Target& target,
                          const RouteMatch& match);
  Awaitable<bool> send(Connection& connection, const Request& message, std::string_view route, const Reply& reply,
                       bool keep_alive);
  static Awaitable<void> linger(Connection& connection);
  Awaitable<void> keep_time();
  Awaitable<void> wait_for_turn();
  void give_turn();
  void left(std::list<Connection>::iterator place);

  Common& common_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer drain_timer_{io_};
  std::list<Connection> connections_;
  std::deque<std::unique_ptr<Turn>> turns_;
  bool draining_ = false;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_LOOP_H_
