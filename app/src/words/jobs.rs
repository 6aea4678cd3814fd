//! What is said of jobs.

words! {
    /// The list of jobs.
    Jobs {
        title: "Jobs", "任务";
        about: "What takes a while, as it goes on.", "耗时操作的实时进展。";
        state: "State", "状态";
        all: "All", "全部";
        running: "running", "进行中";
        done: "done", "已完成";
        failed: "failed", "失败";
        cancelled: "cancelled", "已取消";
        loading: "Loading\u{2026}", "正在加载\u{2026}";
        none: "There are no jobs yet", "还没有任务";
        begin: "Any command is a job, run like this:", "任何命令都可以作为任务运行：";
        none_such: "No job is like this.", "没有符合条件的任务。";
        older: "Older jobs", "更早的任务";
        for_admins: "The list of jobs is for admins. Who has the address of a job may look on without it.",
            "任务列表仅供管理员查看。拥有任务地址的人可以直接查看该任务。";
    }
}

words! {
    /// One job.
    Job {
        unknown: "There is no such job", "没有这个任务";
        about_unknown: "Finished jobs are let go when they are as old as messages may become.",
            "已结束的任务到了与消息相同的保留期限后会被清除。";
        progress: "Progress", "进度";
        of: "{step} of {total}", "{step} / {total}";
        per_second: "{n} a second", "每秒 {n}";
        per_minute: "{n} a minute", "每分钟 {n}";
        left: "about {time} left", "大约还需 {time}";
        runs_for: "running for {time}", "已运行 {time}";
        took: "took {time}", "用时 {time}";
        seconds: "{n} s", "{n} 秒";
        minutes: "{n} min {s} s", "{n} 分 {s} 秒";
        hours: "{n} h {m} min", "{n} 小时 {m} 分";
        cancel: "Cancel", "取消任务";
        cancel_sure: "Really cancel?", "确定取消？";
        asked: "It was asked to stop, and has not yet.", "已请求停止，任务尚未停下。";
        timed_out: "Its worker was silent for longer than {n} s.", "执行者超过 {n} 秒没有消息。";
        expired: "Its time was over before everybody had it.", "在所有人收到之前就已过期。";
        pruned: "The server did not keep the push any longer.", "服务器不再保留这条推送。";
        recalled: "The push was taken back.", "这条推送已被撤回。";
        planned: "planned", "计划";
        acknowledged: "acknowledged", "已确认";
        sent: "sent", "已送达";
        waiting: "waiting", "等待中";
        out_of_time: "expired", "已过期";
        taken_back: "taken back in time", "及时撤回";
        log: "Log", "日志";
        says_nothing: "It has said nothing yet.", "还没有输出。";
        said_nothing: "It said nothing.", "没有任何输出。";
        older: "Older lines", "更早的日志";
        to_the_end: "To the end", "回到末尾";
        let_go: "{n} older line was let go.|{n} older lines were let go.", "更早的 {n} 行已被清除。";
    }
}
