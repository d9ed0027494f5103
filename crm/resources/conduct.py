"""The rights over conduct reports, the ways of callers and the switch of calendars.

In: nothing. Out: declarations. Invariant: the rights over reports are given to the ethics officer alone; an administrator has them not, so he can
neither use nor give them: officers are named at the machine (`callcenter user add --role ethics_officer`).
"""

from __future__ import annotations

from crm.engine.resource import Right

CLOSED_RIGHTS = (
    Right("conduct_report.read", ("查看医风举报", "See conduct reports"), "ethics_officer", "ethics"),
    Right("conduct_report.change", ("处理医风举报", "Handle conduct reports"), "ethics_officer", "ethics"),
)
RIGHTS = (
    Right("conduct_report.count", ("查看医风举报数量", "See how many conduct reports there are"), "ethics_officer supervisor manager", "calls"),
    Right("calendar.switch", ("切换夜间与应急模式", "Switch to night or emergency"), "supervisor", "calls"),
    Right("flow_statistics.read", ("查看路径统计", "See the ways of callers"), "supervisor manager", "calls"),
)
