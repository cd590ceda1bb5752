from . import (
    test_anchors,
    test_columns,
    test_merkle,
    test_proof,
    test_public_reports,
    test_races,
    test_scale,
    test_seals,
    test_tampering,
    test_translations,
    test_verify_script,
)
