using RLSquared.Cli.Output;

namespace RLSquared.Cli.Commands;

/// <summary>How commands that serve say where, and when they end.</summary>
internal static class Served
{
    /// <summary>Says where a server is, then waits for Ctrl+C, its regular end.</summary>
    /// <param name="terminal">Where it is said; it catches interrupts.</param>
    /// <param name="address">Of the server.</param>
    /// <param name="what">What happens at the address, for people.</param>
    /// <param name="json">Whether the address is written as JSON.</param>
    /// <param name="quiet">Whether <paramref name="what"/> is left out.</param>
    /// <param name="more">What JSON holds beside the address.</param>
    public static void UntilInterrupted(
        Terminal terminal, Uri address, string what, bool json, bool quiet, params (string Name, string Value)[] more)
    {
        if (json)
        {
            JsonOutput.Write(terminal, writer =>
            {
                writer.WriteString("address", address.ToString());
                foreach ((string name, string value) in more)
                    writer.WriteString(name, value);
            });
        }
        else
        {
            terminal.Output.WriteLine(address);
        }
        terminal.Output.Flush();
        if (!quiet)
            terminal.Error.WriteLine($"{what} at the address above; Ctrl+C ends it");
        terminal.Interrupted.WaitHandle.WaitOne();
    }
}
