"""The rights over flows.

In: nothing. Out: declarations. Invariant: who may publish is named apart from who may draw.
"""

from __future__ import annotations

from crm.engine.resource import Right

RIGHTS = (
    Right("flow.read", ("查看语音流程", "See flows"), "supervisor manager", "calls"),
    Right("flow.change", ("编辑语音流程草稿", "Draw flows"), "", "calls"),
    Right("flow.publish", ("发布语音流程", "Publish flows"), "", "calls"),
)
