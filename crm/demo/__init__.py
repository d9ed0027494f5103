"""The invented hospital that `callcenter up --demo` loads."""

from crm.demo.load import load_demo

__all__ = ["load_demo"]
