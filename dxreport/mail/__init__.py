"""Mail drafts (.eml) of a round: request, return, reminder."""
