//! Texts of the section *Audit*.

texts! {
    /// The audit trail.
    Audit {
        list: "Audit trail", "审计记录";
        loading: "Loading…", "正在加载…";
        none: "Nothing has been recorded yet.", "还没有任何记录。";
        no_match: "No entry matches the filter.", "没有符合筛选条件的记录。";
        clear: "Clear the filter", "清除筛选";
        older: "Show older", "显示更早的记录";
        refresh: "Refresh", "刷新";
        nobody: "nobody who is known", "未知身份";
        times: "{n} time|{n} times", "{n} 次";
        who: "Who", "执行者";
        who_hint: "Key or person", "密钥或人员";
        action: "Action", "操作";
        action_hint: "Action: push, key.create…", "操作：push、key.create…";
        client: "Client", "客户端";
        topic: "Topic", "主题";
        outcome: "Outcome", "结果";
        outcome_hint: "Outcome: ok, forbidden…", "结果：ok、forbidden…";
        day: "Day", "日期";
    }
}
