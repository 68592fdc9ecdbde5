using System.Globalization;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Butler.Data;

/// <summary>Data Protection's keys as rows of <c>data_protection_keys</c>. Its interface is synchronous; it is called when a ring is built, which is rare.</summary>
internal sealed class KeyRows(NpgsqlDataSource dataSource) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = dataSource.CreateCommand("SELECT xml FROM data_protection_keys ORDER BY created_at, id");
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = dataSource.CreateCommand("INSERT INTO data_protection_keys (id, xml) VALUES ($1, $2)");
        command.Parameters.Add(new() { Value = Guid.Parse(element.Attribute("id")!.Value, CultureInfo.InvariantCulture) });
        command.Parameters.Add(new() { Value = element.ToString(SaveOptions.DisableFormatting) });
        command.ExecuteNonQuery();
    }
}

/// <summary>Seals the secret part of a key with the master key.</summary>
internal sealed class MasterKeyXmlEncryptor(MasterKeyCipher master) : IXmlEncryptor
{
    internal static readonly Guid Owner = new("8f0d3c1e-6a2b-4c57-9e11-0b5a7c9d2e44");

    public EncryptedXmlInfo Encrypt(XElement plaintextElement) =>
        new(new XElement("sealedByMasterKey", Convert.ToBase64String(master.Seal(Owner, plaintextElement.ToString(SaveOptions.DisableFormatting)))), typeof(MasterKeyXmlDecryptor));
}

/// <summary>Opens it; Data Protection makes it by the name it wrote beside the key.</summary>
internal sealed class MasterKeyXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(services.GetRequiredService<MasterKeyCipher>().Open(MasterKeyXmlEncryptor.Owner, Convert.FromBase64String(encryptedElement.Value)));
}
