from . import (
    channel_audit,
    channel_audit_anchor,
    channel_audit_exporter,
    channel_audit_leaf,
    channel_audit_proof,
    channel_audit_receipt,
    channel_audit_seal,
    channel_audit_sealer,
    channel_channel,
    channel_level,
    channel_publication_line,
)
