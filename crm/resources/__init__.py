"""One declaration per thing people administer; each module's `RESOURCES` is collected by `crm.engine.registry`."""
