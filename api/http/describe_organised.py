"""What OpenAPI says about superintendence of counties, leaders of campaigns and the directory of contacts."""

from api.http.answers import JSON
from api.http.describe import ENTITLED, READ_REASON, operation
from api.http.describe_reads import AS_OF, MIN_POSITION
from api.http.schemas import ref

_DAY = "2031-03-05"
_READ = (
    "parameters_wrong",
    "as_of_wrong",
    "min_position_wrong",
    "min_position_ahead",
    "views_behind",
    "view_missing",
    "ledger_unavailable",
    *ENTITLED,
)
SUPERINTENDENCE = operation(
    "get_superintendence",
    "对县局的指导、督查和考核",
    "Guidance, inspection and assessment of county bureaux",
    tag="authorities",
    answer=(
        JSON,
        ref("Superintendence"),
        {"region": "440600", "since": "2031-01-01", "until": _DAY, "position": 18, "counties": [], "without": []},
    ),
    problems=(*_READ, "region_not_found", "region_not_kept_here"),
    parameters=[MIN_POSITION, READ_REASON],
    extra={"security": [{"bearer": []}]},
    more=(
        "按县列出期内所受的指导、督查、考核,以及一项也没有的县局。县局由行政区划得出,从未登记的也在列。"
        "\n\nBy county, how it was guided, inspected and assessed in the period, and the counties with none. Which "
        "counties there are follows from the regions, so that a bureau that was never registered is listed too."
    ),
)
LEADERS = operation(
    "get_campaign_leaders",
    "专项工作的负责局领导",
    "The leaders that city bureaux designated for a campaign",
    tag="inspections",
    answer=(
        JSON,
        ref("CampaignLeaders"),
        {
            "campaign": "inspection:2031-campaign",
            "region": "440000",
            "as_of": _DAY,
            "position": 18,
            "bureaux": [],
            "missing": [],
            "several": [],
        },
    ),
    problems=(*_READ, "subject_unknown"),
    parameters=[AS_OF, MIN_POSITION, READ_REASON],
    extra={"security": [{"bearer": []}]},
    more=(
        "每个市局须指定一名局领导:未指定的与指定多于一名的分别列出。人员以执法证号出现。"
        "\n\nEach city bureau designates exactly one: those without, and those with more than one, are listed. People "
        "go by the number of their enforcement certificate."
    ),
)
CONTACTS = operation(
    "list_authority_contacts",
    "监管部门的联系方式",
    "The contacts of an authority",
    tag="authorities",
    answer=(
        JSON,
        ref("AuthorityContacts"),
        {
            "authority": "SAMR-440604",
            "as_of": _DAY,
            "position": 18,
            "contacts": [
                {
                    "contact": "CCC",
                    "unit": None,
                    "since": _DAY,
                    "published": ["email"],
                    "fields": [{"field": "email", "value": "office@example.org"}],
                }
            ],
        },
    ),
    problems=(*_READ, "subject_unknown", "vault_unavailable"),
    parameters=[AS_OF, MIN_POSITION, READ_REASON],
    more=(
        "公众只见公布的字段;各级监管部门与审计凭令牌、说明事由查阅全部字段,并留下查阅记录。"
        "\n\nThe public sees the published fields alone; authorities and auditors see all of them with a token and for "
        "a reason, and the reading is noted."
    ),
)
