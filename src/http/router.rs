//! All routes of the server.

use axum::{Router, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    AppState, access, account, ack, audit, audited, backup, batch, clients, compression, diagnosis,
    health, hooks, jobs, keys, layers, limits, mercure, messages, metrics, nodes, openapi, pages,
    people, push, samples, saved, scheduled, session, sessions, sse, stats, tokens, top,
    topic_state, topics,
};
use crate::{auth::Action, config::Settings};

/// The router with all routes.
pub fn router(state: AppState) -> Router {
    let settings = state.live.load_full();
    let (streams, listening) = OpenApiRouter::new()
        .routes(routes!(sse::get))
        .routes(routes!(jobs::stream))
        .route_layer(middleware::from_fn(layers::check_descriptors))
        .routes(routes!(ack::post))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::log))
        .split_for_parts();
    // The CORS layer must be outside the method fallback. Otherwise `OPTIONS` would be refused.
    let streams = streams
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(layers::cors(&settings));
    let needs = |action, router| guarded(action, router, &state, &settings);
    let pushing = OpenApiRouter::new()
        .routes(routes!(push::post, push::get))
        .routes(routes!(batch::post))
        .routes(routes!(scheduled::update, scheduled::cancel))
        .routes(routes!(topic_state::set, topic_state::remove))
        .routes(routes!(jobs::retry))
        .routes(routes!(push::audience));
    let reading = OpenApiRouter::new()
        .routes(routes!(messages::list))
        .routes(routes!(messages::export::get))
        .routes(routes!(messages::show))
        .routes(routes!(scheduled::list))
        .routes(routes!(scheduled::show))
        .routes(routes!(clients::list::list))
        .routes(routes!(clients::show))
        .routes(routes!(topics::list))
        .routes(routes!(topic_state::show))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::stats))
        .routes(routes!(stats::stats))
        .routes(routes!(samples::history))
        .routes(routes!(top::show))
        .routes(routes!(health::show))
        .routes(routes!(nodes::list))
        .routes(routes!(diagnosis::diagnosis))
        .layer(compression::layer());
    let saving = OpenApiRouter::new()
        .routes(routes!(saved::lists::list, saved::lists::create))
        .routes(routes!(
            saved::lists::show,
            saved::lists::replace,
            saved::lists::remove
        ))
        .routes(routes!(saved::templates::list, saved::templates::create))
        .routes(routes!(
            saved::templates::show,
            saved::templates::replace,
            saved::templates::remove
        ))
        .layer(compression::layer());
    let recalling = OpenApiRouter::new()
        .routes(routes!(messages::recall))
        .routes(routes!(clients::clear_inbox));
    let disconnecting = OpenApiRouter::new()
        .routes(routes!(clients::disconnect))
        .routes(routes!(tokens::revoke_all))
        .routes(routes!(tokens::revoke_one));
    let working = OpenApiRouter::new()
        .routes(routes!(jobs::begin, jobs::clear))
        .routes(routes!(jobs::report, jobs::cancel));
    let managing = OpenApiRouter::new()
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::show, keys::update, keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::roles::list))
        .routes(routes!(limits::list))
        .routes(routes!(access::tester::ask))
        .routes(routes!(audit::list))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::show, people::update, people::remove))
        .routes(routes!(hooks::list, hooks::create))
        .routes(routes!(hooks::show, hooks::update, hooks::remove))
        .routes(routes!(hooks::rotate))
        .routes(routes!(hooks::replay))
        .routes(routes!(hooks::deliveries::list))
        .routes(routes!(hooks::deliveries::test))
        .routes(routes!(hooks::deliveries::send_again))
        .routes(routes!(backup::get));
    let measuring = OpenApiRouter::new().routes(routes!(metrics::show));
    let own = OpenApiRouter::new()
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(account::show))
        .routes(routes!(account::password))
        .routes(routes!(account::new_totp, account::confirm_totp))
        .routes(routes!(account::remove_totp));
    let health = OpenApiRouter::new()
        .routes(routes!(stats::live))
        .routes(routes!(stats::ready));
    let (router, mut api) = openapi::described()
        .merge(needs(Action::Push, pushing))
        .merge(needs(Action::Push, saving))
        .merge(needs(Action::Read, reading))
        .merge(needs(Action::Recall, recalling))
        .merge(needs(Action::Disconnect, disconnecting))
        .merge(needs(Action::Job, working))
        .merge(needs(Action::Manage, managing))
        .merge(needs(Action::Metrics, measuring))
        .merge(openapi::secured(behind(None, own, &state), &settings))
        .merge(
            session::router().route_layer(middleware::from_fn_with_state(
                state.clone(),
                audited::layer,
            )),
        )
        .merge(health)
        .split_for_parts();
    api.merge(listening);
    let pages = mercure::advertised(pages::router(&settings.proxy), &settings);
    let router = router
        .merge(streams)
        .merge(mercure::router(&settings))
        .merge(pages.layer(compression::layer()))
        .merge(openapi::router(api, &settings).layer(compression::layer()));
    let router = match state.traces {
        None => router,
        Some(_) => router.layer(middleware::from_fn(layers::note_route)),
    };
    router
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        .with_state(state)
}

/// Routes for callers that may do this action.
fn guarded(
    action: Action,
    router: OpenApiRouter<AppState>,
    state: &AppState,
    settings: &Settings,
) -> OpenApiRouter<AppState> {
    openapi::guarded(behind(Some(action), router, state), action, settings)
}

/// Routes behind [`access::require`].
fn behind(
    action: Option<Action>,
    router: OpenApiRouter<AppState>,
    state: &AppState,
) -> OpenApiRouter<AppState> {
    let require = middleware::from_fn_with_state((state.clone(), action), access::require);
    router.route_layer(require)
}
