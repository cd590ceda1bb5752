from . import channel_audit_proof
