"""The trainer program: the only part of Duotune that knows torch, TRL and PEFT."""
