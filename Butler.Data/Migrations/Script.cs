using System.Reflection;

namespace Butler.Data.Migrations;

/// <summary>Reads a migration's SQL, kept as a file of its own beside the class so that it reads as SQL.</summary>
internal static class Script
{
    public static string Read(string name)
    {
        var assembly = Assembly.GetExecutingAssembly();
        using var stream = assembly.GetManifestResourceStream($"Butler.Data.Migrations.{name}")
            ?? throw new InvalidOperationException($"Migration script {name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
