using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Butler.Testing;

/// <summary>
/// What a Dovecot of Debian's package needs to run from a folder of ours, without being installed and as anybody: a
/// configuration, a certificate, and libraries that look for their modules where they are. Also compiled into Butler.Cli, for
/// the benchmark.
/// </summary>
internal sealed class DovecotFiles : IDisposable
{
    private const string BuiltInModules = "/usr/lib/dovecot/modules";

    private readonly string _root;
    private readonly string _folder;
    private readonly string? _account;
    private readonly string? _link;
    private int _starts;

    private DovecotFiles(string root, string folder, string? account)
    {
        (_root, _folder, _account) = (root, folder, account);
        Certificate = MakeCertificate(folder);
        _link = root == "/" ? null : PatchLibraries();
        if (account is not null)
        {
            Run("chown", "-R", account, folder);
        }
    }

    /// <summary>The self-signed certificate, for "localhost".</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The account to run as; null: the one that runs this.</summary>
    public string? Account => _account;

    /// <summary>The server's log.</summary>
    public string LogFile => Path.Combine(_folder, "log");

    /// <summary>Where a Dovecot is: "/" when installed, BUTLER_DOVECOT or a known folder when unpacked; null when there is none.</summary>
    public static string? Find() => new[] { Environment.GetEnvironmentVariable("BUTLER_DOVECOT"), "/", "/work/tools/dovecot" }
        .FirstOrDefault(root => !string.IsNullOrEmpty(root) && File.Exists(Path.Combine(root, "usr/sbin/dovecot")) && File.Exists(Path.Combine(root, "usr/lib/dovecot/imap")));

    /// <summary>Prepares a folder, which should be new and is readable by other accounts afterwards.</summary>
    /// <param name="root">From <see cref="Find"/>.</param>
    /// <param name="folder">A scratch folder.</param>
    public static DovecotFiles Create(string root, string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        return new(root, folder, string.Equals(Environment.UserName, "root", StringComparison.Ordinal) ? "nobody" : null);
    }

    /// <summary>A user's Maildir.</summary>
    public string Maildir(string user) => Path.Combine(_folder, "users", user, "Maildir");

    /// <summary>Puts mails into a folder's Maildir, as delivered just now, and gives them to the server's account.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="mails">The mails.</param>
    /// <param name="folder">"" for INBOX, else the name.</param>
    /// <param name="first">The first file's number; numbers must not repeat.</param>
    public void Deliver(string user, IEnumerable<byte[]> mails, string folder = "", int first = 1)
    {
        var maildir = Maildir(user);
        var box = folder.Length == 0 ? maildir : Path.Combine(maildir, "." + folder);
        foreach (var part in (string[])["tmp", "new", "cur"])
        {
            Directory.CreateDirectory(Path.Combine(box, part));
        }

        var paths = new List<string>();
        foreach (var mail in mails)
        {
            // Microseconds unlike the seconds, as in real life: Dovecot's hash takes two numbers that rise together for one.
            var name = string.Create(CultureInfo.InvariantCulture, $"{1_700_000_000 + first}.M{first * 7919L % 1_000_000}P1.host");
            File.WriteAllBytes(Path.Combine(box, "tmp", name), mail);
            paths.Add(name);
            first++;
        }

        if (_account is not null)
        {
            Run("chown", "-R", _account, Path.Combine(_folder, "users", user));
        }

        foreach (var name in paths)
        {
            File.Move(Path.Combine(box, "tmp", name), Path.Combine(box, "new", name));
        }
    }

    /// <summary>Writes the configuration for another start and says what to run.</summary>
    /// <param name="port">Of IMAP with STARTTLS.</param>
    /// <param name="tlsPort">Of IMAP with TLS.</param>
    /// <param name="settings">Further lines of configuration.</param>
    public string[] Command(int port, int tlsPort, string settings)
    {
        // A folder of its own for each start: a server that is still ending holds the last one.
        var run = Path.Combine(_folder, "run" + (++_starts).ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(run);
        Directory.CreateDirectory(Path.Combine(_folder, "users"));
        var user = _account ?? Environment.UserName;
        var group = GroupOf(user);
        var configuration = Path.Combine(_folder, "dovecot.conf");
        File.WriteAllText(configuration, $$"""
            base_dir = {{run}}
            state_dir = {{run}}
            libexec_dir = {{Path.Combine(_root, "usr/lib/dovecot")}}
            log_path = {{LogFile}}
            protocols = imap
            import_environment = LD_LIBRARY_PATH
            default_internal_user = {{user}}
            default_internal_group = {{group}}
            default_login_user = {{user}}
            first_valid_uid = 1
            first_valid_gid = 1
            disable_plaintext_auth = no
            auth_failure_delay = 0
            ssl = yes
            ssl_cert = <{{Path.Combine(_folder, "cert.pem")}}
            ssl_key = <{{Path.Combine(_folder, "key.pem")}}
            mail_location = maildir:~/Maildir
            mailbox_idle_check_interval = 1 s
            login_trusted_networks =
            service anvil {
              chroot =
            }
            service imap-login {
              chroot =
              service_count = 0
              process_min_avail = 1
              inet_listener imap {
                address = 127.0.0.1
                port = {{port}}
              }
              inet_listener imaps {
                address = 127.0.0.1
                port = {{tlsPort}}
                ssl = yes
              }
            }
            namespace inbox {
              inbox = yes
              separator = /
              mailbox Drafts {
                auto = create
                special_use = \Drafts
              }
              mailbox Sent {
                auto = create
                special_use = \Sent
              }
              mailbox Trash {
                auto = create
                special_use = \Trash
              }
              mailbox Junk {
                auto = create
                special_use = \Junk
              }
            }
            passdb {
              driver = static
              args = password=secret
            }
            userdb {
              driver = static
              args = uid={{user}} gid={{group}} home={{_folder}}/users/%u
            }
            {{settings}}

            """);
        if (_account is not null)
        {
            Run("chown", "-R", _account, run);
            Run("chown", _account, Path.Combine(_folder, "users"), _folder);
        }

        // The program starts itself over by way of doveconf at its built-in path; going by way of the unpacked one spares that.
        string[] command =
        [
            Path.Combine(_root, "usr/bin/doveconf"), "-f", "service=master", "-c", configuration, "-m", "master",
            "-e", Path.Combine(_root, "usr/sbin/dovecot"), "-F", "-c", configuration,
        ];
        return _root == "/" ? command : ["/usr/bin/env", "LD_LIBRARY_PATH=" + Libraries(), .. command];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_link is not null)
        {
            File.Delete(_link);
        }

        Certificate.Dispose();
    }

    private string Libraries()
    {
        var dovecot = Path.Combine(_root, "usr/lib/dovecot");
        string[] system = [.. new[] { "usr/lib", "lib" }.Select(f => Path.Combine(_root, f)).Where(Directory.Exists).SelectMany(f => Directory.GetDirectories(f, "*-linux-gnu*"))];
        return string.Join(':', [Path.Combine(_folder, "lib"), dovecot, Path.Combine(dovecot, "modules/old-stats"), .. system]);
    }

    /// <summary>
    /// The libraries look for modules in a folder whose name is built in, also without TLS. Copies of the three get another name of
    /// the same length, a link to where the modules are.
    /// </summary>
    private string PatchLibraries()
    {
        var link = "/tmp/bd-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        File.CreateSymbolicLink(link, Path.Combine(_root, "usr/lib/dovecot/modules"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(link);
        var (from, to) = (Encoding.ASCII.GetBytes(BuiltInModules), Encoding.ASCII.GetBytes(link));
        Directory.CreateDirectory(Path.Combine(_folder, "lib"));
        foreach (var name in (string[])["libdovecot.so.0", "libdovecot-login.so.0", "libdovecot-storage.so.0"])
        {
            var bytes = File.ReadAllBytes(Path.Combine(_root, "usr/lib/dovecot", name));
            for (int at = 0, found; (found = bytes.AsSpan(at).IndexOf(from)) >= 0; at += found + from.Length)
            {
                to.CopyTo(bytes.AsSpan(at + found));
            }

            File.WriteAllBytes(Path.Combine(_folder, "lib", name), bytes);
        }

        return link;
    }

    private static X509Certificate2 MakeCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        File.WriteAllText(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    /// <summary>The main group of an account.</summary>
    public static string GroupOf(string account)
    {
        var id = File.ReadLines("/etc/passwd").Select(l => l.Split(':')).First(f => f.Length > 3 && f[0] == account)[3];
        return File.ReadLines("/etc/group").Select(l => l.Split(':')).First(f => f.Length > 2 && f[2] == id)[0];
    }

    private static void Run(string file, params string[] arguments)
    {
        using var process = Process.Start(file, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} ended with {process.ExitCode}.");
        }
    }
}
