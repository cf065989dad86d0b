using System.Text.RegularExpressions;

namespace RLSquared.Cli.Tests;

/// <summary>What the pages say must be so: links lead somewhere, and commands are those of the program.</summary>
public sealed partial class DocumentationTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void Every_link_to_a_file_of_the_project_leads_to_one() => Assert.Empty(
        from page in Pages()
        from Match link in Link().Matches(File.ReadAllText(page))
        let target = link.Groups[1].Value.Split('#')[0]
        where target != "" && !target.Contains("://", StringComparison.Ordinal)
        let path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, target))
        where !File.Exists(path) && !Directory.Exists(path)
        select $"{Path.GetRelativePath(Repository.Root, page)} links to {target}");

    [Fact]
    public void Every_command_on_a_page_is_a_verb_with_options_that_it_has()
    {
        var helps = new Dictionary<string, string>(StringComparer.Ordinal);
        var unknown = new List<string>();
        int commands = 0;
        foreach (string page in Pages())
        {
            string text = File.ReadAllText(page).Replace("\\\n", " ", StringComparison.Ordinal);
            foreach (Match match in Command().Matches(text))
            {
                (string verb, string rest) = (match.Groups[1].Value, match.Groups[2].Value);
                // Verbs of two words, such as cluster join, have options of their own.
                string[] call = [verb, .. rest.Trim().Split(' ').Take(verb is "cluster" or "datasets" ? 1 : 0)];
                string called = string.Join(' ', call);
                if (!helps.TryGetValue(called, out string? help))
                    helps[called] = help = command.Run([.. call, "--help"]).Output;
                commands++;
                string[] flags = [.. Flag().Matches(rest.Split('#')[0]).Select(flag => flag.Value)];
                string where = $"{Path.GetRelativePath(Repository.Root, page)}: rl2 {called}";
                if (help == "")
                    unknown.Add(where);
                unknown.AddRange(flags.Where(
                    flag => !Regex.IsMatch(help, $@"{Regex.Escape(flag)}\b")).Select(flag => $"{where} {flag}"));
            }
        }
        Assert.Empty(unknown);
        Assert.True(commands > 50, $"only {commands} commands were found, so this test looks in the wrong places");
    }

    static IEnumerable<string> Pages() =>
        from page in Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Repository.Root, "README.md"))
        select page;

    // [text](target), also of an image.
    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    // rl2 and a verb at the start of a line or in an inline quotation, up to the end of the line or of the quotation.
    [GeneratedRegex(@"(?:^|`)rl2 ([a-z]+)([^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"(?<=\s)--[a-z][a-z-]*")]
    private static partial Regex Flag();
}
