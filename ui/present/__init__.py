"""Pure: records into what is shown; no widget, no disk, no clock."""
