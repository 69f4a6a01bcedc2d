// The server: HTTP/1.1 on one port, for a model file. The door of apps/server.
#ifndef SEGUE_APPS_SERVER_SERVER_H_
#define SEGUE_APPS_SERVER_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "segue/error.h"
#include "segue/model.h"

namespace segue::server {

struct Options {
  std::string host = "127.0.0.1";          // an address of this machine
  std::uint16_t port = 8080;               // 0: a free one
  int workers = 0;                         // threads that search; 0: one per core
  bool watch = false;                      // reload when the file changes
  std::string api_key;                     // for more than reading; empty: nobody may
  std::vector<std::string> cors;           // origins whose pages may read answers ("*": all); none: no other page may
  std::uint32_t queue = 256;               // requests that may wait for a worker; more are told to come back (503)
  double rate = 0;                         // requests a second that one address may send; more get 429; 0: any number
  std::size_t connections = 16384;         // open at once; more are told to come back (503)
  std::uint32_t header_bytes = 16 * 1024;  // of a request line and its headers
  std::uint64_t body_bytes = 1024 * 1024;  // of a request
  double idle_seconds = 75;                // a connection may wait for its next request
  double request_seconds = 10;             // a request may take to arrive, and an answer to be taken
  double drain_seconds = 10;               // requests under way may take to end after a stop
};

/// One answered request, for the access log. Valid during the call only.
struct Access {
  std::string_view address;
  std::string_view method;
  std::string_view target;  // as it was sent: any bytes
  std::string_view request_id;
  unsigned status = 0;
  std::size_t bytes = 0;  // of the body
  double seconds = 0;
};

/// What happens, told from the thread of the server or from the one that loads models.
struct Events {
  std::function<void(const std::string& url, std::string_view example)> listening;  // example: a path to ask
  std::function<void(const Access&)> access;                                        // may be empty
  std::function<void(const std::string& version, double seconds)> reloaded;
  std::function<void(const Error&)> refused;  // a new file, or there is none; the old model serves on
  std::function<void()> draining;
};

/// Serves until `stop` is requested, then answers what is under way and returns. SIGHUP reloads.
/// @param file  what `watch` looks at
/// @param open  opens the model; called before anything is listened to, and for each reload
/// @throws what `open` throws the first time; Error{kIo} when the address cannot be listened to.
void serve(const std::filesystem::path& file, const std::function<Model()>& open, const Options& options,
           const Events& events, const std::stop_token& stop);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_SERVER_H_
