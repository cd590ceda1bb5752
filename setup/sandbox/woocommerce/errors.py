"""What the API says when it refuses."""


class ApiError(Exception):
    """``{"code", "message", "data": {"status"}}`` as WordPress answers it."""

    def __init__(self, code, message, status=401, **data):
        super().__init__(message)
        self.code, self.status, self.data = code, status, data

    def body(self):
        return {
            "code": self.code,
            "message": str(self),
            "data": {"status": self.status, **self.data},
        }


def no_route():
    return ApiError(
        "rest_no_route",
        "No route was found matching the URL and request method.",
        404,
    )


def invalid_param(name, reason):
    return ApiError(
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        400,
        params={name: reason},
    )
