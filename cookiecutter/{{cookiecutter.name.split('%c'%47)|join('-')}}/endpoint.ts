/** Names the vendor's base URL, in the environment and in the manifest. */
export const API_URL = "{{cookiecutter.name|upper|replace("-","_")}}_API_URL";
