"""A service that cannot run says so once, in Chinese and English, with what to do."""


class ServiceUnavailableError(Exception):
    """A prerequisite is missing or a server does not start; `zh` and `en` each say what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.zh = zh
        self.en = en
