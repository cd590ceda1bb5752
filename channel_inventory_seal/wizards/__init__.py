from . import channel_audit_check, channel_audit_proof_file
