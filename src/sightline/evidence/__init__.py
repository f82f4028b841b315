"""Events become clips that can be shown not to have been altered: cutting, sealing, ledger, verification."""
