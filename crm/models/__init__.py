"""Every table, by domain. Importing this package fills `Base.metadata`."""

from crm.models.access import AuditEntry, AuditHead, LoginSession, Role, UserAccount, UserRole
from crm.models.base import Base
from crm.models.follow_up import FollowUpTask
from crm.models.hospital import Calendar, CalendarDay, CalendarHours, ClinicRoster, Department, Doctor
from crm.models.person import ContactPhone, MedicalOrder, Patient, Relative, Visit
from crm.models.telephony import (
    AgentStateLog,
    CallerLanguage,
    CallEvent,
    CallRecord,
    Disposition,
    JournalMark,
    PauseReason,
    Queue,
    QueueMember,
    Recording,
    VoiceMessage,
)

__all__ = [
    "AgentStateLog",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Calendar",
    "CalendarDay",
    "CalendarHours",
    "CallEvent",
    "CallRecord",
    "CallerLanguage",
    "ClinicRoster",
    "ContactPhone",
    "Department",
    "Disposition",
    "Doctor",
    "FollowUpTask",
    "JournalMark",
    "LoginSession",
    "MedicalOrder",
    "Patient",
    "PauseReason",
    "Queue",
    "QueueMember",
    "Recording",
    "Relative",
    "Role",
    "UserAccount",
    "UserRole",
    "Visit",
    "VoiceMessage",
]
