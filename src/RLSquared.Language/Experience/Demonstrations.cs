using RLSquared.Language.Environments;
using RLSquared.Language.Prompts;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Experience;

/// <summary>
/// Plays of a good player, written as the model would have written them: what a warm start imitates. Some actions are
/// taken at random, so that the player also shows the way back; these are not learnt.
/// </summary>
/// <param name="prompts">How plays become ids.</param>
/// <param name="seed">Of levels and of what is random.</param>
/// <param name="noise">The share of actions that are random.</param>
/// <param name="heedsNotes">Whether the player acts on what was noted after earlier attempts.</param>
sealed class Demonstrations(AgentPrompts prompts, ulong seed, double noise, bool heedsNotes = true)
{
    const int MostLevels = 200;                              // that have no demonstration, in a row
    const double Clumsy = 0.6;                               // noise of a clumsy attempt

    AgentTask Task => prompts.Task;

    /// <summary>The play with this number.</summary>
    /// <param name="number">Of the demonstration.</param>
    /// <param name="isClumsy">Whether it is clumsy, so that it often fails.</param>
    /// <exception cref="InvalidDataException">No level has a way that the oracle finds.</exception>
    public AgentPlay Draw(long number, bool isClumsy = false) => Trial(number, attempts: 1, isClumsy)[0];

    /// <summary>
    /// Attempts at one level until one solves it: after each that does not there is a look back, which the next ones
    /// remember. Of several attempts the first is clumsy in every second trial, so that there is something to note.
    /// </summary>
    /// <param name="number">Of the demonstration.</param>
    /// <param name="attempts">The most attempts, at least 1.</param>
    /// <param name="isClumsy">Whether all of them are clumsy.</param>
    /// <exception cref="InvalidDataException">No level has a way that the oracle finds.</exception>
    public List<AgentPlay> Trial(long number, int attempts, bool isClumsy = false)
    {
        TextEnvironment environment = Task.Create();
        var key = new RandomKey(seed, RandomPurpose.Data, (ulong)number);
        for (uint attempt = 0; attempt < MostLevels; attempt++)
        {
            RandomSequence random = key.Sequence(attempt);
            long level = (long)(((ulong)random.NextWord() << 16) ^ random.NextWord());
            environment.Reset(Task.Level(seed, level, PromptSplit.Training));
            List<AgentPlay> trial = [];
            List<string> lessons = [];
            while (trial.Count < attempts)
            {
                bool clumsy = isClumsy || (attempts > 1 && trial.Count == 0 && number % 2 == 0);
                TextEnvironment played = environment.Clone();
                if (Play(played, ref random, lessons, clumsy ? Math.Max(noise, Clumsy) : noise) is not { } play)
                    break;
                trial.Add(play);
                if (play.IsSolved || trial.Count == attempts)
                    return trial;
                lessons.Add(played.Lesson);
                Reflect(play, played.Lesson);
            }
        }
        throw new InvalidDataException($"the oracle of {Task.Name} finds no way in any of {MostLevels} levels, " +
            "so that nothing can be demonstrated; set warm-start to 0 or take easier levels");
    }

    /// <summary>A play from where an environment stands; null where the good player knows no action.</summary>
    /// <param name="environment">Is played to its end.</param>
    /// <param name="random">What decides.</param>
    /// <param name="memory">What was noted after earlier attempts.</param>
    /// <param name="noise">The share of actions that are random.</param>
    AgentPlay? Play(
        TextEnvironment environment, ref RandomSequence random, IReadOnlyList<string> memory, double noise)
    {
        TextEnvironment start = environment.Clone();
        List<(string Action, bool IsRandom, int? Distance)> actions = [];
        while (!environment.IsDone && actions.Count < Task.MostSteps)
        {
            bool isRandom = random.NextUniform() < noise;
            IReadOnlyList<string> admissible = environment.AdmissibleActions;
            string? action = isRandom ? admissible[random.NextInt(admissible.Count)]
                : environment.Demonstrate(ref random, heedsNotes ? memory : []);
            // Nothing leads on from here any more: what was good until now is kept.
            if (action is null)
                break;
            actions.Add((action, isRandom, prompts.AsksProgress ? environment.OracleDistance : null));
            environment.Step(action);
        }
        if (actions.Count == 0)
            return null;
        int[] progress = Progress.OfDistances([.. actions.Select(one => one.Distance)], environment.IsSolved);
        var play = new AgentPlay(start, 0, 0, [.. memory.Select(prompts.Encode)]);
        for (int t = 0; t < actions.Count; t++)
        {
            string reply = AgentPrompts.Reply(actions[t].Action, prompts.AsksProgress ? progress[t] : null);
            AgentTurn turn = Written(play, prompts.Turn(play), reply) with
            {
                Action = actions[t].Action,
                Progress = progress[t],
                IsLearnt = !actions[t].IsRandom,
            };
            TextStep step = start.Step(actions[t].Action);
            play.Turns.Add(turn with { Reward = step.Reward, IsValid = step.IsValid });
        }
        return play;
    }

    /// <summary>Adds a look back with this text.</summary>
    public void Reflect(AgentPlay play, string text) =>
        play.Reflection = Written(play, prompts.Reflection(play), text + AgentTags.ReflectEnd);

    AgentTurn Written(AgentPlay play, int[] prompt, string reply)
    {
        int[] ids = prompts.Encode(reply);
        return new AgentTurn
        {
            Prompt = prompt,
            Tokens = ids,
            LogProbs = new float[ids.Length],
            Versions = new int[ids.Length],
            Observation = play.Environment.Observation,
            AnchorKey = play.Environment.AnchorKey,
            Reply = reply,
        };
    }

    /// <summary>A play as sequences to imitate; records of which nothing is learnt are left out.</summary>
    public static IEnumerable<TokenSequence> Sequences(AgentPlay play)
    {
        IEnumerable<TokenSequence> turns = play.Records(new float[play.Turns.Count]).Select(TokenSequence.Of);
        if (play.Reflection is not null)
            turns = turns.Append(TokenSequence.Of(play.ReflectionRecord(0)));
        return turns.Where(one => one.Learnt > 0);
    }
}
