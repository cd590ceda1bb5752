"""What the API says when it refuses."""

QUOTA = "You exceeded your quota for the requested resource."


class ApiError(Exception):
    """``{"errors": [{"code", "message", "details"}]}``, as all of the API answers.

    :ivar rule: the rule that refused, by which violations are counted
    """

    def __init__(self, status, code, message, details="", rule=None):
        super().__init__(message)
        self.status, self.code, self.details, self.rule = status, code, details, rule

    def body(self):
        error = {"code": self.code, "message": str(self), "details": self.details}
        return {"errors": [error]}


def unauthorized(rule, details="The access token you provided is not valid."):
    words = "Access to requested resource is denied."
    return ApiError(403, "Unauthorized", words, details, rule)


def quota(rule, message=QUOTA):
    return ApiError(429, "QuotaExceeded", message, rule=rule)


class TokenError(Exception):
    """A refusal of Login with Amazon, in the words of OAuth."""

    def __init__(self, code, description, status=400):
        super().__init__(description)
        self.code, self.status = code, status
