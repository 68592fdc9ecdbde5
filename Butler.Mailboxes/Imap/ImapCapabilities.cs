namespace Butler.Mailboxes.Imap;

/// <summary>What a server says it can (RFC 3501 section 7.2.1, 9051 appendix E). Names in upper case.</summary>
public sealed class ImapCapabilities
{
    private readonly HashSet<string> _names;

    internal ImapCapabilities(IEnumerable<string> names) => _names = new(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>The names as sent.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Whether a name is there.</summary>
    public bool Has(string name) => _names.Contains(name);

    /// <summary>IMAP4rev2, which has many of the following built in.</summary>
    public bool Rev2 => Has("IMAP4REV2");

    /// <summary>Waiting for news (RFC 2177).</summary>
    public bool Idle => Rev2 || Has("IDLE");

    /// <summary>Changes since a MODSEQ (RFC 7162); QRESYNC says the same and more.</summary>
    public bool Condstore => Has("CONDSTORE") || Qresync;

    /// <summary>Changes and deletions at SELECT (RFC 7162).</summary>
    public bool Qresync => Has("QRESYNC");

    /// <summary>UID EXPUNGE and APPENDUID (RFC 4315).</summary>
    public bool UidPlus => Rev2 || Has("UIDPLUS");

    /// <summary>MOVE (RFC 6851).</summary>
    public bool Move => Rev2 || Has("MOVE");

    /// <summary>LIST says which folder is for what (RFC 6154). IMAP4rev2 has the attributes built in.</summary>
    public bool SpecialUse => Rev2 || Has("SPECIAL-USE");

    /// <summary>Gmail's and others' forerunner of <see cref="SpecialUse"/>.</summary>
    public bool XList => Has("XLIST");

    /// <summary>SEARCH can answer with a compact set (RFC 4731).</summary>
    public bool Esearch => Rev2 || Has("ESEARCH");

    /// <summary>Literals of any size need no waiting (RFC 7888).</summary>
    public bool LiteralPlus => Has("LITERAL+");

    /// <summary>Literals up to 4,096 bytes need no waiting.</summary>
    public bool LiteralMinus => Rev2 || Has("LITERAL-");

    /// <summary>AUTHENTICATE with its first answer in the command (RFC 4959).</summary>
    public bool SaslIr => Rev2 || Has("SASL-IR");

    /// <summary>ENABLE (RFC 5161).</summary>
    public bool Enable => Rev2 || Has("ENABLE");

    /// <summary>EMAILID and THREADID (RFC 8474).</summary>
    public bool ObjectId => Has("OBJECTID");

    /// <summary>Gmail's extensions: X-GM-MSGID, X-GM-THRID, X-GM-LABELS.</summary>
    public bool Gmail => Has("X-GM-EXT-1");

    /// <summary>UNSELECT (RFC 3691).</summary>
    public bool Unselect => Rev2 || Has("UNSELECT");

    /// <summary>ID (RFC 2971).</summary>
    public bool Id => Has("ID");

    /// <summary>STARTTLS.</summary>
    public bool StartTls => Has("STARTTLS");

    /// <summary>LOGIN is forbidden, as before TLS.</summary>
    public bool LoginDisabled => Has("LOGINDISABLED");

    /// <summary>Whether a SASL mechanism is offered.</summary>
    public bool Auth(string mechanism) => Has("AUTH=" + mechanism);
}
