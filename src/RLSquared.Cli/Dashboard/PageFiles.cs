using System.Reflection;

namespace RLSquared.Cli.Dashboard;

/// <summary>The files of the page, which the program carries with it.</summary>
internal static class PageFiles
{
    const string Prefix = "Page/";

    static readonly Dictionary<string, byte[]> files = ReadAll();

    /// <summary>The names of all files, such as <c>index.html</c> and <c>vendor/uPlot.min.css</c>.</summary>
    public static IEnumerable<string> Names => files.Keys;

    /// <summary>A file and its content type; index.html for no name; null where there is none of this name.</summary>
    public static (byte[] Content, string Type)? Find(string name) => files.TryGetValue(
        name.Length == 0 ? "index.html" : name, out byte[]? content)
        ? (content, Path.GetExtension(name) switch
        {
            "" or ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        })
        : null;

    static Dictionary<string, byte[]> ReadAll()
    {
        Assembly assembly = typeof(PageFiles).Assembly;
        var read = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix)))
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            read[name[Prefix.Length..].Replace('\\', '/')] = content;
        }
        return read;
    }
}
