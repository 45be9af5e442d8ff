"""What a program's process does before, during and after its program, beside recording it."""
