// The answers of /v1: each turns a call into a reply, and throws Error where it cannot.
#ifndef SEGUE_APPS_SERVER_API_H_
#define SEGUE_APPS_SERVER_API_H_

#include "http.h"
#include "routes.h"

namespace segue::server {

// api_items.cc
Reply search_items(const Call& call);
Reply show_item(const Call& call);
Reply similar_items(const Call& call);
Reply similar_items_of_many(const Call& call);

// api_people.cc
Reply list_users(const Call& call);
Reply show_user(const Call& call);
Reply similar_users(const Call& call);
Reply recommend_for_user(const Call& call);
Reply recommend_for_history(const Call& call);
Reply recommend_for_many(const Call& call);

// api_model.cc
Reply show_model(const Call& call);

// api_map.cc
Reply show_map(const Call& call);
Reply map_points(const Call& call);
Reply map_items(const Call& call);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_API_H_
