//! UI components. They depend neither on a page nor on the API: data comes in as signals, and user
//! actions go out through callbacks.

mod audit_list;
#[cfg(feature = "hydrate")]
mod browser_view;
mod chart;
mod client_card;
mod client_rows;
mod copy_button;
mod erased_view;
mod fact;
mod field;
mod form_field;
mod history_filter;
mod history_list;
mod hook_list;
mod in_turn;
mod job_facts;
mod job_list;
mod job_log;
mod key_list;
mod keyed_list;
mod layout;
mod lazy_view;
mod list_keys;
mod long_data;
mod message_list;
mod message_panel;
mod name_list;
mod new_hook_form;
mod new_key_form;
mod node_list;
mod not_loaded;
mod outside;
mod push_form;
mod question;
mod reach;
mod receipts;
mod remove_button;
mod retry_notice;
mod saved_card;
mod scheduled_list;
mod shortcuts;
mod shown_once;
mod sign_in_form;
mod signals;
mod stream_state;
mod tail_list;
mod virtual_rows;
mod warning;

pub(crate) use audit_list::audit_list;
pub(crate) use chart::{Chart, ChartMark, Labels, Point, TimeSeries};
pub(crate) use client_card::{
    ClientCard, ClientFacts, client_connections, client_missing_nodes, close_reason, presence_class,
};
pub(crate) use client_rows::{ClientRows, Mark, origin_text};
pub(crate) use copy_button::CopyButton;
pub(crate) use erased_view::{EraseView, either, when};
pub(crate) use fact::fact;
pub(crate) use field::{Field, FieldError, FieldNote};
pub(crate) use form_field::{error_at, words};
pub(crate) use history_filter::{HistoryFilter, HistoryFilterFields, search_field};
pub(crate) use history_list::{
    HistoryList, LAST_PLACE, MessageActions, MessageMark, ShownMessages, beginning, ended_text,
    newest_state, place_of, recall_button, row_id, row_of,
};
pub(crate) use hook_list::{HookAction, HookActions, ShownDeliveries, hook_list};
pub(crate) use in_turn::{Turn, in_turn};
pub(crate) use job_facts::{JobFacts, ShownJob, duration_text, job_state, speed_text};
pub(crate) use job_list::JobList;
pub(crate) use job_log::JobLog;
pub(crate) use key_list::{KeyActions, key_list};
pub(crate) use keyed_list::{ListItem, keyed_list};
pub(crate) use layout::{Footer, Header};
pub(crate) use lazy_view::lazy_view;
pub(crate) use list_keys::list_keys;
pub(crate) use long_data::long_data;
pub(crate) use message_list::MessageList;
pub(crate) use message_panel::{ShownMessage, as_curl, message_panel};
pub(crate) use name_list::NameList;
pub(crate) use new_hook_form::{HookDraft, new_hook_form};
pub(crate) use new_key_form::{KeyDraft, new_key_form, text_field};
pub(crate) use node_list::node_list;
pub(crate) use not_loaded::not_loaded;
pub(crate) use outside::{outside, outside_data, outside_data_signal, outside_signal};
pub(crate) use push_form::{
    Draft, PushForm, Recipient, RecipientCount, Suggestions, audience_text, push_result_text,
    recipients, segment, suggested,
};
pub(crate) use question::{Wording, ask_first, question};
pub(crate) use reach::reach;
pub(crate) use receipts::{bar, receipt_text, receipts_text};
pub(crate) use remove_button::remove_button;
pub(crate) use retry_notice::retry_notice;
pub(crate) use saved_card::{
    SavedActions, SavedEntry, SavedWords, Saving, members_text, save_form, saved_card,
};
pub(crate) use scheduled_list::{ScheduledActions, scheduled_list};
pub(crate) use shortcuts::{Shortcuts, keys_button};
pub(crate) use shown_once::shown_once;
pub(crate) use sign_in_form::{SignInState, sign_in_form};
pub(crate) use signals::{
    ClickHandler, aria_bool, bool_signal, effect, on_change, on_click, optional_text, static_text,
    text,
};
pub(crate) use stream_state::StreamState;
pub(crate) use tail_list::{TailActions, tail_list};
pub(crate) use virtual_rows::{SPARE, gap, rows_in_page, show_rows};
pub(crate) use warning::{missing_nodes, warning};
