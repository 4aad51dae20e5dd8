"""The verifier is put together from the settings in one place, so that every way in believes the same tokens."""

from api.identity.claims import Rules
from api.identity.development import issuer_address
from api.identity.fetching import fetcher
from api.identity.keyring import Keyring
from api.identity.verifier import TokenVerifier
from infra.settings import Settings


def verifier_of(settings: Settings) -> TokenVerifier | None:
    """Return the verifier of the provider that the settings name; in development, of the run folder's own, if any."""
    issuer = settings.oidc_issuer or (issuer_address(settings.run_dir) if settings.in_development else None)
    if issuer is None:
        return None
    rules = Rules(
        issuer=issuer,
        audience=settings.oidc_audience,
        algorithms=settings.algorithms,
        party_claim=settings.oidc_party_claim,
        role_claim=settings.oidc_role_claim,
        always_bound=settings.oidc_certificate_bound,
    )
    return TokenVerifier(rules, Keyring(issuer, fetcher(development=settings.in_development)))
