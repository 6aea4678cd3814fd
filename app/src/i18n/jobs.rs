//! What is said of jobs.

texts! {
    /// The list of jobs.
    Jobs {
        title: "Jobs", "任务";
        about: "Progress of long-running operations.", "耗时操作的实时进度。";
        state: "State", "状态";
        all: "All", "全部";
        running: "running", "进行中";
        done: "done", "已完成";
        failed: "failed", "失败";
        cancelled: "cancelled", "已取消";
        loading: "Loading\u{2026}", "正在加载\u{2026}";
        none: "There are no jobs yet", "还没有任务";
        begin: "Run any command as a job:", "将任何命令作为任务运行：";
        none_such: "No job matches.", "没有符合条件的任务。";
        older: "Older jobs", "更早的任务";
        clear: "Clear ended jobs", "清除已结束的任务";
        clear_ask: "This removes the ended jobs of this list with their logs, also those that are not loaded.",
            "这会删除此列表中已结束的任务及其日志，包括尚未加载的任务。";
        cleared: "{n} job was removed.|{n} jobs were removed.", "已删除 {n} 个任务。";
        ended_chart: "Ended per minute", "每分钟结束数";
        took_chart: "Durations", "用时";
        durations: "Durations in the last hour", "最近一小时的用时";
        all_ended: "ended", "已结束";
        median: "median", "中位数";
        p95: "95th percentile", "第 95 百分位";
        partial: "Only the newest 10,000 jobs are counted.", "仅统计最近的 10,000 个任务。";
        for_admins: "Only admins can list jobs. Anyone who has the address of a job can view that job.",
            "只有管理员可以查看任务列表。拥有任务地址的人可以查看该任务。";
    }
}

texts! {
    /// One job.
    Job {
        unknown: "There is no such job", "没有这个任务";
        about_unknown: "Finished jobs are deleted after the retention period of messages.",
            "已结束的任务在超过消息保留期后会被删除。";
        progress: "Progress", "进度";
        of: "{step} of {total}", "{step} / {total}";
        per_second: "{n} per second", "每秒 {n}";
        per_minute: "{n} per minute", "每分钟 {n}";
        left: "about {time} left", "大约还需 {time}";
        runs_for: "running for {time}", "已运行 {time}";
        took: "took {time}", "用时 {time}";
        milliseconds: "{n} ms", "{n} 毫秒";
        seconds: "{n} s", "{n} 秒";
        minutes: "{n} min {s} s", "{n} 分 {s} 秒";
        hours: "{n} h {m} min", "{n} 小时 {m} 分";
        cancel: "Cancel", "取消任务";
        cancel_sure: "Really cancel?", "确定取消？";
        retry: "Retry", "重试";
        retried: "The push that begins it again was sent.", "已发送用于重新开始任务的推送。";
        asked: "Cancellation was requested. The job has not stopped yet.", "已请求取消，任务尚未停止。";
        timed_out: "The worker sent no report for more than {n} s.", "执行程序超过 {n} 秒没有报告进度。";
        expired: "The message expired before all recipients received it.", "消息在所有接收者收到之前已过期。";
        pruned: "The server no longer keeps the message.", "服务器已不再保留这条消息。";
        recalled: "The message was recalled.", "这条消息已被撤回。";
        planned: "planned", "计划";
        acknowledged: "acknowledged", "已确认";
        sent: "sent", "已发送";
        waiting: "waiting", "等待中";
        out_of_time: "expired", "已过期";
        recalled_tag: "recalled before delivery", "送达前撤回";
        log: "Log", "日志";
        no_output_yet: "No output yet.", "还没有输出。";
        no_output: "No output.", "没有输出。";
        older: "Older lines", "更早的日志";
        to_the_end: "Jump to the end", "跳到末尾";
        deleted_lines: "{n} older line was deleted.|{n} older lines were deleted.", "更早的 {n} 行已被删除。";
    }
}
