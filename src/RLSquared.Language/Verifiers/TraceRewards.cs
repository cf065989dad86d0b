using System.Text;

namespace RLSquared.Language.Verifiers;

/// <summary>Whose completions a rubric counts for.</summary>
public enum RubricSign
{
    /// <summary>Right ones: r = 0 for wrong ones, else (1 − η)·r_o + η·r̂_b. LongTraceRL's.</summary>
    Positive,
    /// <summary>All: r = (1 − η)·r_o + η·r̂_b.</summary>
    Both,
    /// <summary>Wrong ones: r = r_o for right ones, else η·r̂_b.</summary>
    Negative,
    /// <summary>None: r = r_o.</summary>
    None,
}

/// <summary>The rewards of LongTraceRL and of its baseline LongRLVR.</summary>
public static class TraceRewards
{
    /// <summary>
    /// Lower case; runs of letters, digits and underscores joined by one space. A Chinese character is a run of its
    /// own.
    /// </summary>
    public static string Normalise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = new StringBuilder(text.Length);
        bool isOpen = false;                                 // whether the last run may go on
        foreach (char one in text.ToLowerInvariant())
        {
            bool isWord = char.IsLetterOrDigit(one) || one == '_';
            bool isAlone = one is >= '\u4E00' and <= '\u9FFF';
            if (isWord && (!isOpen || isAlone) && plain.Length > 0)
                plain.Append(' ');
            if (isWord)
                plain.Append(one);
            isOpen = isWord && !isAlone;
        }
        return plain.ToString();
    }

    /// <summary>r_b: the share of the entities whose normalised name is within the normalised text.</summary>
    /// <param name="entities">Names; at least one.</param>
    /// <param name="text">What was said, without thoughts.</param>
    /// <exception cref="InvalidDataException">The rubric is empty.</exception>
    public static float Rubric(IReadOnlyList<string> entities, string text)
    {
        ArgumentNullException.ThrowIfNull(entities);
        if (entities.Count == 0)
            throw new InvalidDataException("the rubric is empty; it names at least one entity");
        string said = Normalise(text);
        return entities.Count(entity => Normalise(entity) is { Length: > 0 } name
            && said.Contains(name, StringComparison.Ordinal)) / (float)entities.Count;
    }

    /// <summary>r̂_b = r_b / the largest of the group, in place; as they are where the largest is 0.</summary>
    /// <param name="rubrics">r_b of a group, [G].</param>
    public static void ScaleByGroup(Span<float> rubrics)
    {
        float most = 0;
        foreach (float rubric in rubrics)
            most = Math.Max(most, rubric);
        for (int i = 0; i < rubrics.Length && most > 0; i++)
            rubrics[i] /= most;
    }

    /// <summary>The reward of outcome and rubric.</summary>
    /// <param name="outcome">r_o, from 0 to 1.</param>
    /// <param name="rubric">r̂_b, from 0 to 1.</param>
    /// <param name="eta">η, the rubric's share.</param>
    /// <param name="sign">Whose rubric counts.</param>
    public static float Mix(float outcome, float rubric, float eta, RubricSign sign) => sign switch
    {
        RubricSign.None => outcome,
        RubricSign.Positive => outcome == 0 ? 0 : (1 - eta) * outcome + eta * rubric,
        RubricSign.Both => (1 - eta) * outcome + eta * rubric,
        RubricSign.Negative => outcome > 0 ? outcome : eta * rubric,
        _ => throw new ArgumentOutOfRangeException(nameof(sign), sign, "there is no such sign"),
    };

    /// <summary>
    /// LongRLVR's: r = r_o + η·F + (1 − η)·r_o·F, where F is the F_β of the documents that were named.
    /// </summary>
    /// <param name="outcome">r_o.</param>
    /// <param name="f">F.</param>
    /// <param name="eta">η.</param>
    public static float LongRlvr(float outcome, float f, float eta) => outcome + eta * f + (1 - eta) * outcome * f;

    /// <summary>F_β = (1 + β²)·P·R/(β²·P + R) of precision P and recall R; 0 where nothing was right.</summary>
    /// <param name="named">What was named.</param>
    /// <param name="gold">What should be.</param>
    /// <param name="beta">β: 2 counts recall more.</param>
    public static float FBeta(IReadOnlyCollection<string> named, IReadOnlyCollection<string> gold, float beta = 2)
    {
        ArgumentNullException.ThrowIfNull(named);
        ArgumentNullException.ThrowIfNull(gold);
        int right = named.Distinct().Intersect(gold).Count();
        if (right == 0)
            return 0;
        float precision = right / (float)named.Distinct().Count(), recall = right / (float)gold.Distinct().Count();
        return (1 + beta * beta) * precision * recall / (beta * beta * precision + recall);
    }
}
