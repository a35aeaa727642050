"""办 handle: sign (签收), contact, reply, callback (回访), evaluation, redo (重办), close."""
