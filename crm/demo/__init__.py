"""The invented hospital that `callcenter up --demo` loads."""
