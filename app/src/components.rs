//! The parts that pages are made of. They know neither their page nor the API: what they show comes
//! in as signals, what a person does goes out through callbacks.

mod chart;
mod chip;
mod client_card;
mod client_rows;
mod copy_button;
mod field;
mod history_filter;
mod history_list;
mod job_facts;
mod job_list;
mod job_log;
mod layout;
mod message_list;
mod name_list;
mod part;
mod push_form;
mod receipts;
mod shortcuts;
mod sign_in_form;
mod stream_state;

pub(crate) use chart::{Chart, Course, Labels, Point};
pub(crate) use chip::away;
pub(crate) use client_card::ClientCard;
pub(crate) use client_rows::{ClientRows, place};
pub(crate) use copy_button::CopyButton;
pub(crate) use field::{Complaint, Field, FieldNote};
pub(crate) use history_filter::{HistoryFilter, HistoryFilterFields};
pub(crate) use history_list::{HistoryList, MessageActions};
pub(crate) use job_facts::{JobFacts, ShownJob, job_state, speed_in_words};
pub(crate) use job_list::JobList;
pub(crate) use job_log::JobLog;
pub(crate) use layout::{Footer, Header};
pub(crate) use message_list::MessageList;
pub(crate) use name_list::NameList;
pub(crate) use part::{
    Entry, IntoPart, Press, aria, effect, either, flag, list, note, on_change, press, text, when,
    word,
};
pub(crate) use push_form::{
    Draft, Kept, PushForm, Reach, Templates, answer_in_words, segment, to_in_words,
};
pub(crate) use receipts::{bar, receipt_in_words, receipts_in_words};
pub(crate) use shortcuts::{Shortcuts, keys_button};
pub(crate) use sign_in_form::SignInForm;
pub(crate) use stream_state::StreamState;
