"""Passwords, MFA devices, certificates, keys and providers of IAM, through boto3, the AWS CLI and the SDK for JavaScript."""

import base64
import contextlib
import json
import subprocess

import pytest
from botocore.exceptions import ClientError

from conftest import CLIENT
from keys import Authority, saml_metadata, totp
from test_iam import allow, credentials, iam, name, refused, user  # noqa: F401 (fixtures)

LONG = "correct-Horse-7-battery"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def no_policy(iam):
    """The account has no password policy before and after."""
    def drop():
        with contextlib.suppress(ClientError):
            iam.delete_account_password_policy()
    drop()
    yield
    drop()


@pytest.fixture
def role(iam):
    made = name("role")
    iam.create_role(RoleName=made, AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    yield made
    iam.delete_role(RoleName=made)


def test_a_password_policy_is_kept_and_enforced(yagura, iam, user, no_policy):
    account = yagura.client("sts").get_caller_identity()["Account"]
    missing = f"The Password Policy with domain name {account} cannot be found."
    with refused("NoSuchEntity", missing):
        iam.get_account_password_policy()
    with refused("NoSuchEntity", missing):
        iam.delete_account_password_policy()
    with refused("PasswordPolicyViolation"):
        iam.create_login_profile(UserName=user, Password="short1!")
    with refused("PasswordPolicyViolation"):
        iam.create_login_profile(UserName=user, Password="onlylowercase")
    iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True, RequireNumbers=True,
                                       RequireUppercaseCharacters=True, RequireLowercaseCharacters=True,
                                       AllowUsersToChangePassword=True, MaxPasswordAge=90, PasswordReusePrevention=2)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 12, "RequireSymbols": True, "RequireNumbers": True, "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": True, "AllowUsersToChangePassword": True, "ExpirePasswords": True,
        "MaxPasswordAge": 90, "PasswordReusePrevention": 2, "HardExpiry": False}
    for bad in ("Sh0rt!", "nouppercase-77", "NOLOWERCASE-77", "NoDigits-at-all", "NoSymbols777aaa"):
        with refused("PasswordPolicyViolation"):
            iam.create_login_profile(UserName=user, Password=bad)
    iam.create_login_profile(UserName=user, Password=LONG)
    iam.delete_login_profile(UserName=user)


def test_a_login_profile_and_the_users_own_change_of_password(yagura, iam, user, no_policy):
    with refused("NoSuchEntity", f"Login Profile for User {user} cannot be found."):
        iam.get_login_profile(UserName=user)
    made = iam.create_login_profile(UserName=user, Password=LONG, PasswordResetRequired=True)["LoginProfile"]
    assert made["UserName"] == user and made["PasswordResetRequired"] is True
    with refused("EntityAlreadyExists", f"Login Profile for user {user} already exists."):
        iam.create_login_profile(UserName=user, Password=LONG)
    with refused("DeleteConflict", "Cannot delete entity, must delete login profile first."):
        iam.delete_user(UserName=user)
    own = yagura.client("iam", credentials=credentials(iam, user))
    with refused("AccessDenied"):  # neither a policy of its own nor the account's
        own.change_password(OldPassword=LONG, NewPassword=LONG + "1")
    iam.update_account_password_policy(AllowUsersToChangePassword=True, PasswordReusePrevention=2)
    with refused("AccessDenied", "The old password was incorrect."):
        own.change_password(OldPassword="wrong", NewPassword=LONG + "1")
    with refused("PasswordPolicyViolation"):
        own.change_password(OldPassword=LONG, NewPassword=LONG)
    own.change_password(OldPassword=LONG, NewPassword=LONG + "1")
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is False
    with refused("PasswordPolicyViolation"):  # the one before
        own.change_password(OldPassword=LONG + "1", NewPassword=LONG)
    own.change_password(OldPassword=LONG + "1", NewPassword=LONG + "2")
    own.change_password(OldPassword=LONG + "2", NewPassword=LONG)  # two passwords ago is far enough
    iam.update_login_profile(UserName=user, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is True
    iam.delete_login_profile(UserName=user)
    assert LONG not in yagura.said()


def test_a_virtual_mfa_device(iam, user):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name("phone"), Path="/phones/",
                                           Tags=[{"Key": "a", "Value": "1"}])["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
    assert ":mfa/phones/phone-" in serial and len(seed) == 64
    code = device.get("QRCodePNG")  # the AWS CLI writes but one of both, the seed
    assert CLIENT == "cli" or code.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in code
    with refused("EntityAlreadyExists", "MFADevice entity at the same path and name already exists."):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=serial.rsplit("/")[-1], Path="/phones/")
    unassigned = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert serial in [d["SerialNumber"] for d in unassigned] and "Base32StringSeed" not in unassigned[0]
    with refused("InvalidAuthenticationCode", "Authentication code for device is not valid."):
        iam.enable_mfa_device(UserName=user, SerialNumber=serial, AuthenticationCode1="000000",
                              AuthenticationCode2="000000")
    codes = {"AuthenticationCode1": totp(seed, -1), "AuthenticationCode2": totp(seed)}
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
    with refused("EntityAlreadyExists"):
        iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
    assert [d["SerialNumber"] for d in iam.list_mfa_devices(UserName=user)["MFADevices"]] == [serial]
    got = iam.get_mfa_device(SerialNumber=serial)
    assert got["UserName"] == user and got["EnableDate"]
    assigned = [d for d in iam.list_virtual_mfa_devices()["VirtualMFADevices"] if d["SerialNumber"] == serial]
    assert assigned[0]["User"]["UserName"] == user
    with refused("DeleteConflict"):
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    with refused("DeleteConflict", "Cannot delete entity, must delete MFA device first."):
        iam.delete_user(UserName=user)
    with refused("InvalidAuthenticationCode"):  # each code is good once
        iam.resync_mfa_device(UserName=user, SerialNumber=serial, **codes)
    iam.resync_mfa_device(UserName=user, SerialNumber=serial, AuthenticationCode1=totp(seed, 3),
                          AuthenticationCode2=totp(seed, 4))
    iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_mfa_device(SerialNumber=serial, TagKeys=["a"])
    assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    with refused("NoSuchEntity", "MFA Device invalid for user."):
        iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    with refused("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist."):
        iam.get_mfa_device(SerialNumber=serial)


def test_an_instance_profile_holds_one_role(yagura, iam, user, role):
    profile = name("profile")
    made = iam.create_instance_profile(InstanceProfileName=profile, Path="/web/",
                                       Tags=[{"Key": "a", "Value": "1"}])["InstanceProfile"]
    assert made["InstanceProfileId"].startswith("AIPA") and made["Arn"].endswith(f":instance-profile/web/{profile}")
    with refused("EntityAlreadyExists", f"Instance Profile {profile} already exists."):
        iam.create_instance_profile(InstanceProfileName=profile)
    own = yagura.client("iam", credentials=credentials(iam, user))
    iam.put_user_policy(UserName=user, PolicyName="add", PolicyDocument=allow("iam:AddRoleToInstanceProfile"))
    with refused("AccessDenied"):  # the role is handed to EC2: that takes iam:PassRole
        own.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.put_user_policy(UserName=user, PolicyName="pass", PolicyDocument=allow(
        "iam:PassRole", f"arn:aws:iam::*:role/{role}",
        Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}))
    own.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"):
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    got = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    assert [r["RoleName"] for r in got["Roles"]] == [role] and got["Tags"] == [{"Key": "a", "Value": "1"}]
    assert profile in [p["InstanceProfileName"] for p in iam.list_instance_profiles(PathPrefix="/web/")["InstanceProfiles"]]
    listed = iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
    assert [p["InstanceProfileName"] for p in listed] == [profile]
    for delete, what in ((iam.delete_role, {"RoleName": role}),
                         (iam.delete_instance_profile, {"InstanceProfileName": profile})):
        with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."):
            delete(**what)
    iam.tag_instance_profile(InstanceProfileName=profile, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_instance_profile(InstanceProfileName=profile, TagKeys=["a"])
    assert iam.list_instance_profile_tags(InstanceProfileName=profile)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    with refused("NoSuchEntity"):
        iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=profile)
    with refused("NoSuchEntity", f"Instance Profile {profile} cannot be found."):
        iam.get_instance_profile(InstanceProfileName=profile)


def test_a_server_certificate(iam, authority):
    key, certificate = authority.issue("www.example")
    other, _ = authority.issue("other.example")
    first, second = name("www"), name("www")
    with refused("MalformedCertificate"):
        iam.upload_server_certificate(ServerCertificateName=first, CertificateBody="nonsense", PrivateKey=key)
    with refused("MalformedCertificate", "Invalid Private Key."):
        iam.upload_server_certificate(ServerCertificateName=first, CertificateBody=certificate, PrivateKey="nonsense")
    with refused("KeyPairMismatch"):
        iam.upload_server_certificate(ServerCertificateName=first, CertificateBody=certificate, PrivateKey=other)
    with refused("MalformedCertificate"):  # a chain that signed nothing
        iam.upload_server_certificate(ServerCertificateName=first, CertificateBody=certificate, PrivateKey=key,
                                      CertificateChain=certificate)
    made = iam.upload_server_certificate(ServerCertificateName=first, Path="/tls/", CertificateBody=certificate,
                                         PrivateKey=key, CertificateChain=authority.certificate,
                                         Tags=[{"Key": "a", "Value": "1"}])["ServerCertificateMetadata"]
    assert made["ServerCertificateId"].startswith("ASCA") and made["Arn"].endswith(f":server-certificate/tls/{first}")
    assert 29 < (made["Expiration"] - made["UploadDate"]).total_seconds() / 86400 <= 30.1
    with refused("EntityAlreadyExists"):
        iam.upload_server_certificate(ServerCertificateName=first, CertificateBody=certificate, PrivateKey=key)
    iam.update_server_certificate(ServerCertificateName=first, NewServerCertificateName=second, NewPath="/")
    got = iam.get_server_certificate(ServerCertificateName=second)["ServerCertificate"]
    assert got["CertificateBody"].strip() == certificate.strip()
    assert got["CertificateChain"].strip() == authority.certificate.strip()
    assert second in [c["ServerCertificateName"]
                      for c in iam.list_server_certificates()["ServerCertificateMetadataList"]]
    iam.tag_server_certificate(ServerCertificateName=second, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_server_certificate(ServerCertificateName=second, TagKeys=["a"])
    assert iam.list_server_certificate_tags(ServerCertificateName=second)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_server_certificate(ServerCertificateName=second)
    with refused("NoSuchEntity", f"The Server Certificate with name {second} cannot be found."):
        iam.get_server_certificate(ServerCertificateName=second)


def test_signing_certificates(iam, user, authority):
    _, first = authority.issue("one")
    _, second = authority.issue("two")
    with refused("MalformedCertificate"):
        iam.upload_signing_certificate(UserName=user, CertificateBody="nonsense")
    made = iam.upload_signing_certificate(UserName=user, CertificateBody=first)["Certificate"]
    assert made["Status"] == "Active" and len(made["CertificateId"]) == 32
    with refused("DuplicateCertificate"):
        iam.upload_signing_certificate(UserName=user, CertificateBody=first)
    other = iam.upload_signing_certificate(UserName=user, CertificateBody=second)["Certificate"]["CertificateId"]
    with refused("LimitExceeded", "Cannot exceed quota for SigningCertificatesPerUser: 2"):
        iam.upload_signing_certificate(UserName=user, CertificateBody=authority.certificate)
    iam.update_signing_certificate(UserName=user, CertificateId=other, Status="Inactive")
    listed = iam.list_signing_certificates(UserName=user)["Certificates"]
    assert {c["CertificateId"]: c["Status"] for c in listed} == {made["CertificateId"]: "Active", other: "Inactive"}
    with refused("DeleteConflict", "Cannot delete entity, must delete signing certificates first."):
        iam.delete_user(UserName=user)
    for one in listed:
        iam.delete_signing_certificate(UserName=user, CertificateId=one["CertificateId"])


def test_ssh_public_keys(iam, user, tmp_path):
    def made(kind, bits):
        path = tmp_path / f"{kind}{bits}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-C", "x", "-f", path], check=True)
        return path.with_suffix(".pub")
    path = made("rsa", "2048")
    with refused("InvalidPublicKey"):
        iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=made("rsa", "1024").read_text())
    with refused("UnrecognizedPublicKeyEncoding"):
        iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=made("ed25519", "256").read_text())
    key = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=path.read_text())["SSHPublicKey"]
    assert key["SSHPublicKeyId"].startswith("APKA") and key["Status"] == "Active"
    fingerprint = subprocess.run(["ssh-keygen", "-l", "-E", "md5", "-f", path], check=True, capture_output=True)
    assert f"MD5:{key['Fingerprint']} " in fingerprint.stdout.decode()
    with refused("DuplicateSSHPublicKey"):
        iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=path.read_text())
    named = {"UserName": user, "SSHPublicKeyId": key["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**named, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == \
        " ".join(path.read_text().split()[:2])
    pem = iam.get_ssh_public_key(**named, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    expected = subprocess.run(["ssh-keygen", "-e", "-m", "PKCS8", "-f", path], check=True, capture_output=True)
    assert pem.strip() == expected.stdout.decode().strip()
    with refused("DuplicateSSHPublicKey"):
        iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=pem)
    iam.update_ssh_public_key(**named, Status="Inactive")
    assert [k["Status"] for k in iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]] == ["Inactive"]
    iam.delete_ssh_public_key(**named)
    with refused("NoSuchEntity"):
        iam.delete_ssh_public_key(**named)


def test_service_specific_credentials(yagura, iam, user):
    account = yagura.client("sts").get_caller_identity()["Account"]
    service = "codecommit.amazonaws.com"
    first = iam.create_service_specific_credential(UserName=user, ServiceName=service)["ServiceSpecificCredential"]
    assert first["ServiceUserName"] == f"{user}-at-{account}" and first["ServicePassword"]
    second = iam.create_service_specific_credential(UserName=user, ServiceName=service)["ServiceSpecificCredential"]
    assert second["ServiceUserName"] == f"{user}+1-at-{account}"
    with refused("LimitExceeded"):
        iam.create_service_specific_credential(UserName=user, ServiceName=service)
    key = iam.create_service_specific_credential(UserName=user, ServiceName="bedrock.amazonaws.com",
                                                 CredentialAgeDays=1)["ServiceSpecificCredential"]
    assert key["ServiceCredentialSecret"].startswith("ABSK") and key["ExpirationDate"]
    named = {"UserName": user, "ServiceSpecificCredentialId": first["ServiceSpecificCredentialId"]}
    again = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != first["ServicePassword"]
    iam.update_service_specific_credential(**named, Status="Inactive")
    listed = iam.list_service_specific_credentials(UserName=user, ServiceName=service)["ServiceSpecificCredentials"]
    assert sorted(c["Status"] for c in listed) == ["Active", "Inactive"] and "ServicePassword" not in listed[0]
    everyone = iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert {c["UserName"] for c in everyone} >= {user}
    for one in (first, second, key):
        iam.delete_service_specific_credential(UserName=user,
                                               ServiceSpecificCredentialId=one["ServiceSpecificCredentialId"])


def test_an_openid_connect_provider(yagura, iam):
    account = yagura.client("sts").get_caller_identity()["Account"]
    host = f"{name('idp')}.example/realm"
    arn = f"arn:aws:iam::{account}:oidc-provider/{host}"
    with refused("ValidationError", "Invalid Open ID Connect Provider URL"):
        iam.create_open_id_connect_provider(Url=f"http://{host}")
    with refused("InvalidInput"):
        iam.create_open_id_connect_provider(Url=f"https://{host}", ThumbprintList=["z" * 40])
    made = iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["app"], ThumbprintList=["ab" * 20],
                                               Tags=[{"Key": "a", "Value": "1"}])
    assert made["OpenIDConnectProviderArn"] == arn
    with refused("EntityAlreadyExists", f"Provider with url https://{host} already exists."):
        iam.create_open_id_connect_provider(Url=f"https://{host}")
    named = {"OpenIDConnectProviderArn": arn}
    iam.add_client_id_to_open_id_connect_provider(**named, ClientID="other")
    iam.add_client_id_to_open_id_connect_provider(**named, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="app")
    iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=["cd" * 20])
    iam.update_open_id_connect_provider(**named, RemoveContextProvider=True)
    got = iam.get_open_id_connect_provider(**named)
    assert (got["Url"], got["ClientIDList"], got["ThumbprintList"]) == (host, ["other"], ["cd" * 20])
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    iam.tag_open_id_connect_provider(**named, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(**named, TagKeys=["a"])
    assert iam.list_open_id_connect_provider_tags(**named)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_open_id_connect_provider(**named)
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}"):
        iam.get_open_id_connect_provider(**named)


def test_a_saml_provider(iam, authority):
    document = saml_metadata(authority.certificate)
    provider = name("idp")
    with refused("InvalidInput", "Could not parse metadata"):
        iam.create_saml_provider(Name=provider, SAMLMetadataDocument="<a>" + "x" * 1000)
    with refused("InvalidInput"):  # nothing to open the assertions with
        iam.create_saml_provider(Name=provider, SAMLMetadataDocument=document, AssertionEncryptionMode="Required")
    arn = iam.create_saml_provider(Name=provider, SAMLMetadataDocument=document, AddPrivateKey=authority.key,
                                   AssertionEncryptionMode="Required",
                                   Tags=[{"Key": "a", "Value": "1"}])["SAMLProviderArn"]
    assert arn.endswith(f":saml-provider/{provider}")
    with refused("EntityAlreadyExists", f"Provider with name {provider} already exists."):
        iam.create_saml_provider(Name=provider, SAMLMetadataDocument=document)
    got = iam.get_saml_provider(SAMLProviderArn=arn)
    assert got["SAMLMetadataDocument"] == document and got["AssertionEncryptionMode"] == "Required"
    assert got["ValidUntil"].isoformat().startswith("2031-01-02T")
    key = got["PrivateKeyList"][0]["KeyId"]
    with refused("InvalidInput"):
        iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=key)
    changed = saml_metadata(authority.certificate, "https://other.example/saml")
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=changed, AssertionEncryptionMode="Allowed",
                             RemovePrivateKey=key)
    got = iam.get_saml_provider(SAMLProviderArn=arn)
    assert got["SAMLMetadataDocument"] == changed and not got.get("PrivateKeyList")
    assert arn in [p["Arn"] for p in iam.list_saml_providers()["SAMLProviderList"]]
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["a"])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_saml_provider(SAMLProviderArn=arn)
    with refused("NoSuchEntity", f"Manifest not found for arn {arn}"):
        iam.get_saml_provider(SAMLProviderArn=arn)


def test_rights_on_oneself_are_not_rights_on_others(yagura, iam, user):
    """Operations that may leave out the user: what they touch decides, not who asks."""
    other = name("other")
    iam.create_user(UserName=other)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name("phone"))["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    iam.enable_mfa_device(UserName=other, SerialNumber=device["SerialNumber"], AuthenticationCode1=totp(seed, -1),
                          AuthenticationCode2=totp(seed))
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow("iam:*", "arn:aws:iam::*:user/${aws:username}"))
    own = yagura.client("iam", credentials=credentials(iam, user))
    with refused("AccessDenied"):
        own.get_mfa_device(SerialNumber=device["SerialNumber"])
    with refused("AccessDenied"):
        own.list_service_specific_credentials(AllUsers=True)
    assert own.list_service_specific_credentials()["ServiceSpecificCredentials"] == []
    linked = "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    iam.put_user_policy(UserName=user, PolicyName="linked",
                        PolicyDocument=allow("iam:CreateServiceLinkedRole", f"arn:aws:iam::*:{linked}"))
    with refused("AccessDenied"):
        own.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    made = own.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]
    assert made["Arn"].endswith(f":{linked}")
    iam.delete_service_linked_role(RoleName=made["RoleName"])
    iam.deactivate_mfa_device(UserName=other, SerialNumber=device["SerialNumber"])
    iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
    iam.delete_user(UserName=other)


def test_no_secret_is_on_disk_or_in_the_log(servers, authority):
    """Neither in the store nor in the journal of calls, whatever became of the call."""
    server = servers()
    iam = server.client("iam")
    key, certificate = authority.issue("secret.example")
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password=LONG)
    iam.update_login_profile(UserName="ann", Password=LONG + "-second")
    with refused("EntityAlreadyExists"):
        iam.create_login_profile(UserName="ann", Password=LONG + "-third")
    iam.upload_server_certificate(ServerCertificateName="www", CertificateBody=certificate, PrivateKey=key)
    with refused("KeyPairMismatch"):
        iam.upload_server_certificate(ServerCertificateName="w", CertificateBody=certificate, PrivateKey=authority.key)
    iam.create_saml_provider(Name="idp", SAMLMetadataDocument=saml_metadata(certificate), AddPrivateKey=key)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    made = iam.create_service_specific_credential(UserName="ann", ServiceName="codecommit.amazonaws.com")
    again = iam.reset_service_specific_credential(
        UserName="ann",
        ServiceSpecificCredentialId=made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"])
    seed = device["Base32StringSeed"]
    secrets = [LONG.encode(), *(text.splitlines()[3].encode() for text in (key, authority.key)), seed, base64.b64encode(seed),
               base64.b32decode(seed + b"=" * (-len(seed) % 8)),
               *(one["ServiceSpecificCredential"]["ServicePassword"].encode() for one in (made, again))]
    server.stop()
    for path in [path for path in server.data.rglob("*") if path.is_file()] + [server.log]:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path
