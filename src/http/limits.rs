//! `/api/limits`: how often callers may do something, and how often they were refused for it.

use app::wire::{LimitInfo, LimitedFor, LimitsList};
use axum::{Json, extract::State};

use super::{AppState, Code};
use crate::{auth::Limit, config::RateLimits};

/// A limit: its name, for whom it is, what the settings say, in how many seconds, and the code of its refusals.
type Row = (
    &'static str,
    LimitedFor,
    fn(&RateLimits) -> Option<u64>,
    Option<u64>,
    Code,
);

const DAY: u64 = 24 * 3600;

const ROWS: [Row; 7] = [
    (
        Limit::Opens.setting(),
        LimitedFor::Address,
        |limits| Some(limits.limit_opens),
        Some(60),
        Code::TooManyOpens,
    ),
    (
        "limit_streams",
        LimitedFor::Address,
        |limits| Some(limits.limit_streams),
        None,
        Code::TooManyConnectionsOfAddress,
    ),
    (
        Limit::OpensOfClient.setting(),
        LimitedFor::Client,
        |limits| Some(limits.limit_opens_of_client),
        Some(60),
        Code::TooManyOpensOfClient,
    ),
    (
        Limit::Pushes.setting(),
        LimitedFor::Caller,
        |limits| Some(limits.limit_pushes),
        Some(1),
        Code::TooManyPushes,
    ),
    (
        Limit::PushBytes.setting(),
        LimitedFor::Caller,
        |limits| Some(limits.limit_push_bytes),
        Some(1),
        Code::TooManyPushBytes,
    ),
    (
        Limit::Failures.setting(),
        LimitedFor::Address,
        |limits| Some(limits.limit_failures),
        Some(60),
        Code::TooManyTries,
    ),
    (
        Limit::PushesPerDay.setting(),
        LimitedFor::Key,
        |_| None,
        Some(DAY),
        Code::QuotaUsedUp,
    ),
];

/// List limits
///
/// What the settings allow, and how often this node has refused something for it since its start. Who was refused is in the
/// audit trail.
#[utoipa::path(
    get, path = "/api/limits", tag = "node",
    responses((status = 200, description = "The limits", body = LimitsList)),
)]
pub async fn list(State(state): State<AppState>) -> Json<LimitsList> {
    let settings = state.live.load();
    let rates = &settings.limits.rates;
    let info = |(name, of, amount, seconds, code): Row| LimitInfo {
        name: name.to_owned(),
        of,
        amount: amount(rates),
        seconds,
        code: code.as_str().to_owned(),
        refused: state.counters.refusals(code),
    };
    Json(LimitsList {
        limits: ROWS.map(info).into(),
        admin: rates.limit_admin,
    })
}
