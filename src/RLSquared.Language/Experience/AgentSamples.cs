using System.Text.Json;
using RLSquared.Language.Environments;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>
/// Some plays of an iteration as a run keeps them, in the form of <see cref="SampleRecord"/>. The prompt is what was
/// noted after earlier attempts, the instruction and the first observation. Each token of a reply stands with its
/// advantage; each later observation stands between as one text that nobody drew: it has no log-probability (null).
/// Attempts at one level follow each other, so that they can be compared.
/// </summary>
static class AgentSamples
{
    const int MostGroups = 2, MostOfAGroup = 4, MostTokens = 512, MostPrompts = 64;

    /// <summary>Writes the properties of an object.</summary>
    /// <param name="json">Within an object.</param>
    /// <param name="trials">Group by group; each with its attempts in order, one or several.</param>
    /// <param name="records">What is learnt from these plays, with advantages.</param>
    /// <param name="prompts">For the texts of tokens.</param>
    /// <returns>Whether there were any plays; if not, nothing was written.</returns>
    public static bool Write(
        Utf8JsonWriter json, IReadOnlyList<AgentPlay[]> trials, IEnumerable<Completion> records, AgentPrompts prompts)
    {
        if (trials.Count == 0)
            return false;
        IGrouping<long, AgentPlay[]>[] groups = [.. trials.GroupBy(trial => trial[0].Group)];
        json.WriteNumber("groups", groups.Length);
        WriteLevels("solved", isSolved: true);
        WriteLevels("unsolved", isSolved: false);
        AgentPlay[][] shown = [.. groups.Take(MostGroups).SelectMany(group => group.Take(MostOfAGroup))];
        HashSet<long> numbers = [.. shown.SelectMany(trial => trial.Select(play => play.Trajectory))];
        ILookup<long, Completion> own = records.Where(one => numbers.Contains(one.TrajectoryId))
            .ToLookup(one => one.TrajectoryId);
        json.WriteStartArray("samples");
        foreach (AgentPlay[] trial in shown)
        {
            for (int n = 0; n < trial.Length; n++)
                Write(json, trial[n], trial.Length > 1 ? n + 1 : null, own[trial[n].Trajectory], prompts);
        }
        json.WriteEndArray();
        return true;

        void WriteLevels(string name, bool isSolved)
        {
            json.WriteStartArray(name);
            foreach (string prompt in groups
                .Where(group => group.Any(trial => trial.Any(play => play.IsSolved)) == isSolved)
                .Select(group => First(group.First()[0])).Distinct().Take(MostPrompts))
                json.WriteStringValue(prompt);
            json.WriteEndArray();
        }
    }

    static string First(AgentPlay play)
    {
        string instruction = play.Environment.Instruction;
        return (instruction.Length > 0 ? AgentTags.Instruction + instruction : "")
            + AgentTags.Observation + (play.Turns.Count > 0 ? play.Turns[0].Observation : "");
    }

    static void Write(
        Utf8JsonWriter json, AgentPlay play, int? attempt, IEnumerable<Completion> records, AgentPrompts prompts)
    {
        List<(string Text, float? LogProb, float Advantage)> tokens = [];
        ILookup<int, float> advantages = records.SelectMany(one => Enumerable.Range(0, one.Tokens.Count)
            .Where(t => one.Mask[t] != 0).Select(t => (Turn: one.Segments[t], Advantage: one.Advantages[t])))
            .ToLookup(one => one.Turn, one => one.Advantage);
        for (int t = 0; t < play.Turns.Count; t++)
            Add(play.Turns[t], t, t > 0 ? AgentTags.Observation + play.Turns[t].Observation : "");
        if (play.Reflection is { } look)
            Add(look, play.Turns.Count, AgentTags.Reflect);
        json.WriteStartObject();
        json.WriteString("prompt", string.Concat(play.Memory.Select(
            lesson => AgentTags.Memory + prompts.Decode(lesson) + AgentTags.MemoryEnd)) + First(play));
        json.WriteBoolean("finished", play.Environment.IsDone);
        json.WriteNumber("group", play.Group);
        json.WriteNumber("length", tokens.Count);
        json.WriteNumber("reward", Math.Round(play.Return, 4));
        json.WriteStartObject("parts");
        if (attempt is { } number)
            json.WriteNumber("attempt", number);
        json.WriteNumber("solved", play.IsSolved ? 1 : 0);
        json.WriteNumber("turns", play.Turns.Count);
        json.WriteEndObject();
        json.WriteStartArray("tokens");
        foreach ((string text, _, _) in tokens.Take(MostTokens))
            json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteStartArray("logProbabilities");
        foreach ((_, float? logProb, _) in tokens.Take(MostTokens))
        {
            if (logProb is { } known)
                json.WriteNumberValue(Math.Round((double)known, 3));
            else
                json.WriteNullValue();
        }
        json.WriteEndArray();
        json.WriteStartArray("advantages");
        foreach ((_, _, float advantage) in tokens.Take(MostTokens))
            json.WriteNumberValue(Math.Round((double)advantage, 4));
        json.WriteEndArray();
        json.WriteEndObject();

        // What the environment said before a reply, and the reply. A turn that nothing is learnt from has no advantage.
        void Add(AgentTurn turn, int number, string before)
        {
            if (before.Length > 0)
                tokens.Add((before, null, 0));
            float advantage = advantages[number].FirstOrDefault();
            for (int i = 0; i < turn.Tokens.Length; i++)
                tokens.Add((prompts.Decode([turn.Tokens[i]]), turn.LogProbs[i], advantage));
        }
    }
}
