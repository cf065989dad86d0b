using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// All games of a run: the port on which they are awaited, the connections, and their agents in one row, those of the
/// first game before those of the second. Nothing is listened to before <see cref="Connect"/>.
/// </summary>
sealed class RemoteGames(RemoteOptions options) : IDisposable
{
    readonly RemoteGame?[] games = new RemoteGame?[options.Games];
    readonly int[] first = new int[options.Games + 1];              // the number of each game's first agent
    RemoteCallers? callers;
    RemoteLanes? player;                                            // whose trials the games play
    bool complete;                                                  // all games were there once
    int losses;                                                     // in a row, since trials last came to their end

    /// <summary>The games, each there after <see cref="Connect"/>.</summary>
    public int Count => games.Length;

    /// <summary>Agents of all games together, N, once they are connected.</summary>
    public int Agents => first[^1];

    /// <summary>The number of a game's first agent.</summary>
    public int FirstAgent(int game) => first[game];

    /// <summary>Whether a game is connected.</summary>
    public bool IsThere(int game) => games[game] is not null;

    /// <summary>One of the games.</summary>
    public RemoteGame this[int game] => games[game]
        ?? throw new InvalidOperationException("the game was lost; connect again first");

    /// <summary>Waits until all games are there, and requires that they are what is expected.</summary>
    /// <returns>What each agent sees and decides.</returns>
    /// <exception cref="RemoteException">The port is in use, no game connects, or another program does.</exception>
    public RemoteSpaces Connect()
    {
        long start = Stopwatch.GetTimestamp();
        for (int game = 0; game < games.Length; game++)
        {
            if (games[game] is not null)
                continue;
            callers ??= new RemoteCallers(Listen(), options);
            RemoteGame arrived = Await(game, callers, start);
            try
            {
                Check(game, arrived.Spaces);
            }
            catch (RemoteException failure)
            {
                arrived.Refuse(failure.Message);
                arrived.Dispose();
                throw;
            }
            games[game] = arrived;
        }
        if (!complete)
        {
            for (int game = 0; game < games.Length; game++)
                first[game + 1] = first[game] + this[game].Spaces.Agents;
            if (options.Agents > 0 && options.Agents != Agents)
            {
                string who = games.Length == 1 ? "the game has" : "the games have";
                throw Refused($"{who} {Agents} agents, and {options.Agents} were expected " +
                    $"(agents={options.Agents}); start as many as the run began with");
            }
            if (RemoteSpaces.TooMany(Agents, this[0].Spaces.Observation, this[0].Spaces.Action) is { } excess)
                throw Refused(excess);
            complete = true;
        }
        // A caller is refused now, unless it takes the place of a game that was lost.
        if (options.Restarts == 0)
        {
            callers?.Dispose();
            callers = null;
        }
        return this[0].Spaces;
    }

    /// <summary>Notes that a game is gone.</summary>
    /// <param name="game">Which.</param>
    /// <param name="failure">How that was noticed.</param>
    /// <param name="before">What the loss of another one in the same step is thrown as, if there was one.</param>
    /// <returns>What to throw once all others have answered.</returns>
    public TaskException Lose(int game, DisconnectedException failure, TaskException? before)
    {
        string lost = this[game].LostBy(failure, "in the middle of a trial");
        this[game].Dispose();
        games[game] = null;
        if (before is not null)
            return before;
        losses++;
        if (losses <= options.Restarts)
            return new TrialsInterruptedException(lost, failure);
        string hint = options.Restarts > 0 ? $"; {losses} times in a row with restarts={options.Restarts}"
            : failure is GameFailedException ? ""
            : "; with restarts=3 a game may come back and begin its trials again";
        return new RemoteException(lost + hint, failure);
    }

    /// <summary>Notes whose trials begin; those of other lanes are given up.</summary>
    public void BeginFor(RemoteLanes lanes) => player = lanes;

    /// <summary>Requires that no other lanes' trials have begun since.</summary>
    public void RequireFor(RemoteLanes lanes)
    {
        if (player != lanes)
            throw new InvalidOperationException("other lanes of the same games have begun trials; begin these again");
    }

    /// <summary>Notes that trials have come to their end: a game that is lost next is the first of a row.</summary>
    public void Complete() => losses = 0;

    Socket Listen()
    {
        var address = IPAddress.Parse(options.Host);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, options.Port));
            socket.Listen(options.Games);
            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            string where = $"{options.Host}:{options.Port}";
            throw new RemoteException(failure.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"{where} is in use, perhaps by another training; set another " +
                    "port here (--set port=…) and in the game (--port=…)",
                SocketError.AccessDenied => $"{where} may not be listened on; take a port above 1023",
                _ => $"{where} cannot be listened on: {failure.Message}",
            }, failure);
        }
    }

    RemoteGame Await(int game, RemoteCallers callers, long start)
    {
        TimeSpan left = TimeSpan.FromSeconds(options.Timeout) - Stopwatch.GetElapsedTime(start);
        string name = options.Games == 1 ? "the game" : $"game {game + 1} of {options.Games}";
        if (left > TimeSpan.Zero && callers.Next(name, left) is (var socket, var stream, var spaces))
            return new RemoteGame(name, socket, stream, spaces, options);
        int there = games.Count(game => game is not null);
        string where = $"{options.Host}:{options.Port}";
        string who = complete ? $"a game was lost, and none took its place on {where}"
            : there == 0 ? $"no game has connected to {where}"
            : $"only {there} of {games.Length} games have connected to {where}";
        throw new RemoteException(FormattableString.Invariant(
            $"{who} within {options.Timeout:0.###} s{callers.Strangers}") +
            "; start the game while rl2 waits, or set a longer timeout");
    }

    // Tells all games why, and closes them.
    RemoteException Refused(string reason)
    {
        foreach (RemoteGame? game in games)
            game?.Refuse(reason);
        return new RemoteException(reason);
    }

    void Check(int game, RemoteSpaces spaces)
    {
        (string observation, string actions) =
            (SpaceText.Show(spaces.Observation), SpaceText.Show(spaces.ActionParts, spaces.Masks));
        Compare("observation", observation, options.Observation, "expected");
        Compare("actions", actions, options.Actions, "expected");
        if (games.FirstOrDefault(other => other is not null)?.Spaces is { } others)
        {
            Compare("observation", observation, SpaceText.Show(others.Observation), "what the other games have");
            Compare("actions", actions, SpaceText.Show(others.ActionParts, others.Masks), "what the other games have");
        }
        if (complete && spaces.Agents != first[game + 1] - first[game])
        {
            throw new RemoteException($"game {game + 1} came back with {spaces.Agents} agents, " +
                $"and had {first[game + 1] - first[game]}");
        }

        void Compare(string what, string found, string wanted, string whose)
        {
            if (wanted != RemoteOptions.Ask && found != wanted)
                throw new RemoteException($"game {game + 1} has {what}={found}, and {what}={wanted} is {whose}");
        }
    }

    /// <summary>Says goodbye to all games and stops listening.</summary>
    public void Dispose()
    {
        for (int game = 0; game < games.Length; game++)
        {
            games[game]?.Dispose();
            games[game] = null;
        }
        callers?.Dispose();
        callers = null;
    }
}
