"""A certificate authority for one test, and the certificates that something is wrong with."""
import pathlib
import ssl
import subprocess

EXTENSIONS = """subjectAltName={names}
basicConstraints=critical,CA:{is_ca}
keyUsage=critical,digitalSignature{more_usage}
"""


def openssl(folder, *words):
    run = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"openssl {words[0]}: {run.stderr}")


class Authority:
    """authority.ca is the PEM file to trust; issue() gives (certificate, key) files."""

    def __init__(self, folder, name="test-ca"):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True)
        self._key("ca")
        self._extensions("ca", "DNS:ca.invalid", is_ca=True)
        openssl(self.folder, "req", "-new", "-key", "ca.key", "-subj", f"/CN={name}", "-out",
                "ca.csr")
        openssl(self.folder, "x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-days", "2",
                "-extfile", "ca.ext", "-out", "ca.pem")

    @property
    def ca(self):
        return self.folder / "ca.pem"

    def _key(self, name):
        openssl(self.folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                f"{name}.key")

    def _extensions(self, name, names, is_ca=False):
        (self.folder / f"{name}.ext").write_text(EXTENSIONS.format(
            names=names, is_ca=str(is_ca).upper(), more_usage=",keyCertSign" if is_ca else ""))

    def issue(self, name="server", names="IP:127.0.0.1,DNS:localhost", days=2):
        """`days` below zero: expired. Other `names`: a certificate for somebody else."""
        self._key(name)
        self._extensions(name, names)
        openssl(self.folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out",
                f"{name}.csr")
        openssl(self.folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out",
                f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


def server_context(certificate, key, client_ca=None):
    """For Receiver(tls=...). With client_ca the client must show a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context
