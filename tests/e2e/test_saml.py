"""AssumeRoleWithSAML: assertions signed by a provider of the tests' own making, and those that are refused."""

import base64
import datetime
import hashlib
import json
import xml.etree.ElementTree as ElementTree

import pytest

from test_iam import ADMIN, name, refused
from tokens import openssl

AUDIENCE = "https://signin.aws.amazon.com/saml"
ISSUER = "https://idp.example.com/saml"
DS, EXC = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
METADATA = """<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{issuer}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{ds}"><ds:X509Data><ds:X509Certificate>
{certificate}
    </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{issuer}/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
""" + "<!-- " + "padding " * 120 + "-->"


def stamp(seconds=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Idp:
    def __init__(self, folder, kind="key"):
        self.key = folder / f"{kind}.pem"
        certificate = folder / f"{kind}.crt"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", certificate, "-days", "2", "-subj", "/CN=idp")
        self.certificate = "".join(certificate.read_text().splitlines()[1:-1])

    def metadata(self):
        return METADATA.format(issuer=ISSUER, ds=DS, certificate=self.certificate)

    def signature(self, element, identity, method=SHA256):
        """Over the element as it stands, which has no signature yet."""
        digest = base64.b64encode(hashlib.sha256(ElementTree.canonicalize(element).encode()).digest()).decode()
        info = (f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC}"></ds:CanonicalizationMethod>'
                f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI="#{identity}"><ds:Transforms>'
                f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform><ds:Transform Algorithm="{EXC}"></ds:Transform>'
                f'</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
                f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>")
        flag = "-sha1" if method.endswith("rsa-sha1") else "-sha256"
        value = openssl("dgst", flag, "-sign", self.key, data=ElementTree.canonicalize(info).encode())
        bare = info.replace(f' xmlns:ds="{DS}"', "", 1)
        return (f'<ds:Signature xmlns:ds="{DS}">{bare}<ds:SignatureValue>\n{base64.encodebytes(value).decode()}</ds:SignatureValue>'
                f"</ds:Signature>")

    def sign(self, element, identity, method=SHA256):
        """The signature stands behind the Issuer, as SAML wants it."""
        signature = self.signature(element, identity, method)
        return element.replace("</saml:Issuer>", "</saml:Issuer>" + signature, 1)


def attribute(key, *values):
    inner = "".join(f'<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">{value}'
                    f"</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/{key}">{inner}</saml:Attribute>'


def assertion(role, provider, identity="a1", issuer=ISSUER, audience=AUDIENCE, recipient=AUDIENCE, issued=0, until=300, subject="ann",
              session="ann@example.com", more="", ended=None):
    end = f' SessionNotOnOrAfter="{stamp(ended)}"' if ended is not None else ""
    return (f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
            f'ID="{identity}" Version="2.0" IssueInstant="{stamp(issued)}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>'
            f'<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData NotOnOrAfter="{stamp(until)}" Recipient="{recipient}"/></saml:SubjectConfirmation>'
            f'</saml:Subject><saml:Conditions NotBefore="{stamp(issued - 30)}" NotOnOrAfter="{stamp(until)}"><saml:AudienceRestriction>'
            f"<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{stamp(issued)}"{end}></saml:AuthnStatement><saml:AttributeStatement>'
            f'{attribute("Role", f"{role},{provider}")}{attribute("RoleSessionName", session)}{more}</saml:AttributeStatement>'
            f"</saml:Assertion>")


def response(inner, identity="r1", status="Success"):
    return (f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="{identity}" Version="2.0" IssueInstant="{stamp()}">'
            f'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ISSUER}</saml:Issuer><samlp:Status><samlp:StatusCode '
            f'Value="urn:oasis:names:tc:SAML:2.0:status:{status}"></samlp:StatusCode></samlp:Status>{inner}</samlp:Response>')


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    return Idp(tmp_path_factory.mktemp("idp"))


@pytest.fixture(scope="module")
def house(yagura, idp):
    """The provider's ARN, and a role that it opens."""
    iam = yagura.client("iam")
    provider = iam.create_saml_provider(Name="idp", SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    role = name("role")
    document = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"SAML:aud": AUDIENCE, "SAML:iss": ISSUER, "SAML:sub_type": "persistent"}}}]}
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    yield arn, provider
    iam.detach_role_policy(RoleName=role, PolicyArn=ADMIN)
    iam.delete_role(RoleName=role)
    iam.delete_saml_provider(SAMLProviderArn=provider)


@pytest.fixture(scope="module")
def assume(yagura, house):
    client = yagura.client("sts", credentials={"accessKeyId": "x", "secretAccessKey": "x"})  # such calls aren't signed
    role, provider = house
    return lambda document, **more: client.assume_role_with_saml(
        RoleArn=role, PrincipalArn=provider, SAMLAssertion=base64.b64encode(document.encode()).decode(), **more)


def test_a_signed_assertion_opens_the_role(yagura, house, idp, assume):
    answer = assume(response(idp.sign(assertion(*house), "a1")))
    assert answer["AssumedRoleUser"]["Arn"].endswith("/ann@example.com")
    assert (answer["Subject"], answer["SubjectType"], answer["Issuer"], answer["Audience"]) == ("ann", "persistent", ISSUER, AUDIENCE)
    account, provider = house[1].split(":")[4], house[1].rsplit("/", 1)[1]
    assert answer["NameQualifier"] == base64.b64encode(hashlib.sha1(f"{ISSUER}{account}/{provider}".encode()).digest()).decode()
    made = answer["Credentials"]
    inside = yagura.client("sts", credentials={"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
                                               "sessionToken": made["SessionToken"]})
    assert inside.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_a_signed_response_does_too(house, idp, assume):
    assert assume(idp.sign(response(assertion(*house)), "r1"))["Subject"] == "ann"


def test_a_comment_cuts_no_name_short(house, idp, assume):
    signed = idp.sign(assertion(*house, subject="ann@example.com.evil.test"), "a1")
    assert assume(response(signed.replace("ann@example.com.evil", "ann@example.com<!-- -->.evil")))["Subject"] == "ann@example.com.evil.test"


def test_attributes_become_tags_and_bounds(house, idp, assume):
    more = (attribute("PrincipalTag:team", "red") + attribute("TransitiveTagKeys", "team") + attribute("SourceIdentity", "ann") +
            attribute("SessionDuration", "1800"))
    answer = assume(response(idp.sign(assertion(*house, more=more), "a1")))
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert answer["SourceIdentity"] == "ann" and answer["PackedPolicySize"] == 1 and 1700 < left.total_seconds() <= 1800
    short = assume(response(idp.sign(assertion(*house, ended=950), "a1")))["Credentials"]["Expiration"]
    assert (short - datetime.datetime.now(datetime.timezone.utc)).total_seconds() <= 950


def wrapped(idp, house):
    """The signed assertion moved aside, one of the attacker's in its place."""
    good = idp.sign(assertion(*house), "a1")
    evil = assertion(*house, identity="a2", subject="root")
    return response(evil.replace("</saml:Issuer>", f"</saml:Issuer><saml:Advice>{good}</saml:Advice>", 1))


def wrapped_signature(idp, house):
    """The attacker's assertion carries the good one's signature."""
    good = idp.sign(assertion(*house), "a1")
    signature = good[good.index("<ds:Signature "):good.index("</ds:Signature>") + len("</ds:Signature>")]
    evil = assertion(*house, identity="a2", subject="root").replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1)
    return response(f"<samlp:Extensions>{good.replace(signature, '')}</samlp:Extensions>{evil}")


def bomb(idp, house):
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    return f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>' + response(
        idp.sign(assertion(*house), "a1").replace(">ann<", ">&e8;&f;<"))


BAD = {
    "unsigned": (lambda idp, house: response(assertion(*house)), "InvalidIdentityToken"),
    "tampered": (lambda idp, house: response(idp.sign(assertion(*house), "a1").replace(">ann<", ">root<")), "InvalidIdentityToken"),
    "wrapped": (wrapped, "InvalidIdentityToken"),
    "wrapped signature": (wrapped_signature, "InvalidIdentityToken"),
    "two assertions": (lambda idp, house: response(idp.sign(assertion(*house), "a1") + assertion(*house, identity="a2")), "InvalidIdentityToken"),
    "same id twice": (lambda idp, house: response(idp.sign(assertion(*house), "a1") + '<x ID="a1"/>'), "InvalidIdentityToken"),
    "bomb": (bomb, "InvalidIdentityToken"),
    "sha1": (lambda idp, house: response(idp.sign(assertion(*house), "a1", DS + "rsa-sha1")), "InvalidIdentityToken"),
    "audience": (lambda idp, house: response(idp.sign(assertion(*house, audience="https://other.example"), "a1")), "InvalidIdentityToken"),
    "recipient": (lambda idp, house: response(idp.sign(assertion(*house, recipient="https://other.example"), "a1")), "InvalidIdentityToken"),
    "issuer": (lambda idp, house: response(idp.sign(assertion(*house, issuer="https://other.example"), "a1")), "InvalidIdentityToken"),
    "expired": (lambda idp, house: response(idp.sign(assertion(*house, until=-1), "a1")), "ExpiredTokenException"),
    "stale": (lambda idp, house: response(idp.sign(assertion(*house, issued=-301), "a1")), "ExpiredTokenException"),
    "early": (lambda idp, house: response(idp.sign(assertion(*house, issued=600), "a1")), "InvalidIdentityToken"),
    "ended": (lambda idp, house: response(idp.sign(assertion(*house, ended=-1), "a1")), "ExpiredTokenException"),
    "other role": (lambda idp, house: response(idp.sign(assertion(house[0] + "x", house[1]), "a1")), "AccessDenied"),
    "session name": (lambda idp, house: response(idp.sign(assertion(*house, session="no spaces"), "a1")), "InvalidIdentityToken"),
    "failed": (lambda idp, house: response(idp.sign(assertion(*house), "a1"), status="AuthnFailed"), "IDPRejectedClaim"),
    "no xml": (lambda idp, house: "nonsense", "InvalidIdentityToken"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_assertion_is_refused(house, idp, assume, what):
    made, code = BAD[what]
    with refused(code):
        assume(made(idp, house))


def test_another_key_signs_nothing(house, assume, tmp_path):
    with refused("InvalidIdentityToken"):
        assume(response(Idp(tmp_path, "other").sign(assertion(*house), "a1")))
