namespace RLSquared.Agents;

/// <summary>The hand-designed agents by name.</summary>
public static class AgentCatalogue
{
}
