"""Identification attempts, callback requests, text messages, ratings, own data behind automatic services.

Revision: 0202, after 0201.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.things import ivr_services

revision = "0202"
down_revision = "0201"
branch_labels = None
depends_on = None

# code, titles, words: what the hotline sends by itself.
TEMPLATES = (
    ("appointment_booked", "预约成功", "Appointment made",
     "【{hospital}】{patient}，您已预约{department}{doctor}，{day}{time}就诊，预约号{number}。请提前15分钟到{place}签到。取消或改约请拨{hotline}。",
     "{hospital}: {patient}, your appointment with {department}, {doctor}, is on {day} at {time}; number {number}. "
     "Please check in at {place} 15 minutes early. To change it call {hotline}."),
    ("appointment_moved", "改约成功", "Appointment moved",
     "【{hospital}】{patient}，您的预约{number}已改为{day}{time}，{department}{doctor}，{place}。如有疑问请拨{hotline}。",
     "{hospital}: {patient}, your appointment {number} is moved to {day} at {time}, {department}, {doctor}, {place}. Questions: {hotline}."),
    ("appointment_cancelled", "取消预约", "Appointment cancelled",
     "【{hospital}】{patient}，您{day}{time}的预约{number}已取消。重新预约请拨{hotline}。",
     "{hospital}: {patient}, your appointment {number} on {day} at {time} is cancelled. To book again call {hotline}."),
    ("callback_requested", "回电登记", "Callback noted",
     "【{hospital}】您的回电请求已登记，我们会尽快给您回电。患者服务热线{hotline}。",
     "{hospital}: we have noted your wish to be called back and will call you soon. Patient line {hotline}."),
)  # fmt: skip


def upgrade() -> None:
    ivr_services.upgrade()
    op.execute("INSERT INTO self_service_policy (salt) VALUES (gen_random_uuid()::text)")
    columns = ("code", "title_zh", "title_en", "body_zh", "body_en")
    table = sa.table("text_template", *(sa.column(name, sa.Text()) for name in columns))
    op.bulk_insert(table, [dict(zip(columns, one, strict=True)) for one in TEMPLATES])
